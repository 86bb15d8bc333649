import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openApiSystem } from '../e2e/apiSystem.ts';
import { isLive, openBrowser } from './openBrowser.ts';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const found = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string(), failureSummary: z.string() })) })),
});

/** What axe has against the page as it is now, one line each. */
async function faults(page: Page, rule?: string): Promise<readonly string[]> {
  const options = rule === undefined ? {} : { runOnly: [rule] };
  const { violations } = found.parse(await page.evaluate(`axe.run(${JSON.stringify(options)})`));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

test('axe finds nothing against the table, an opened job and the form, in light and in dark; narrow, nothing sticks out', async () => {
  await using system = await openApiSystem({ environment: { SOCKET_DRAIN_SECONDS: '0', RECEIVE_WAIT_SECONDS: '1' } });
  await using browser = await openBrowser();
  const { page } = await browser.openPage(system.url, { reducedMotion: 'reduce' });
  await isLive(page);
  await system.createJob({ failPermanently: true });
  await system.createJob({ durationMs: 30_000, steps: 300 });
  await page.locator('tr[data-status=FAILED_FINAL]').waitFor();
  await page.locator('tr[data-status=PROCESSING] progress[value]').waitFor();
  await page.evaluate(axe);
  expect(await faults(page)).toEqual([]);
  await page.locator('tr[data-status=FAILED_FINAL] a').click();
  await page.getByText('Kept until').waitFor();
  expect(await faults(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  expect(await faults(page, 'color-contrast')).toEqual([]);
  await page.getByRole('button', { name: 'New job' }).click();
  await page.getByRole('dialog').waitFor();
  expect(await faults(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
}, 60_000);
