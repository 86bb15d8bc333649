import { expect, test } from 'vitest';
import { openApiSystem } from '../e2e/apiSystem.ts';
import { faults } from './axe.ts';
import { isLive, openBrowser } from './openBrowser.ts';

test('axe finds nothing against the table, an opened job and the form, in light and in dark; narrow, nothing sticks out', async () => {
  await using system = await openApiSystem({ environment: { SOCKET_DRAIN_SECONDS: '0', RECEIVE_WAIT_SECONDS: '1' } });
  await using browser = await openBrowser();
  const { page } = await browser.openPage(system.url, { reducedMotion: 'reduce' });
  await isLive(page);
  await system.createJob({ failPermanently: true });
  await system.createJob({ durationMs: 30_000, steps: 300 });
  await page.locator('tr[data-status=FAILED_FINAL]').waitFor();
  await page.locator('tr[data-status=PROCESSING] progress[value]').waitFor();
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
