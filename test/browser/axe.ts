/** The faults that axe finds in a page. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { z } from 'zod';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const found = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string(), failureSummary: z.string() })) })),
});

/** Of the page as it is now, one line each. */
export async function faults(page: Page, rule?: string): Promise<readonly string[]> {
  const options = rule === undefined ? {} : { runOnly: [rule] };
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe);
  const { violations } = found.parse(await page.evaluate(`axe.run(${JSON.stringify(options)})`));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}
