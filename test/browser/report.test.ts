import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { handler } from '../../jobs/generateReport/handler.ts';
import { openTestBucket } from '../../jobs/files/testBucket.ts';
import { openBrowser } from './openBrowser.ts';

async function pageOf(content: string | Uint8Array, params: { readonly groupBy: string; readonly value: string }): Promise<string> {
  await using bucket = await openTestBucket();
  const source = await bucket.put('source.csv', content);
  await bucket.run(handler, { source, output: 's3://files/report.html', ...params });
  return await bucket.get('s3://files/report.html');
}

const caseOf = (name: string) => readFile(new URL(`../../jobs/files/cases/${name}`, import.meta.url));
const many = Array.from(
  { length: 30 },
  (_, index) => `${'グループ長い名前 long name '.repeat(index % 4)}${index},${(index - 9) * 1_234_567_890.12}`,
);

test.each([
  ['wide names and long numbers', async () => pageOf(await caseOf('wide-names.csv'), { groupBy: 'g', value: 'v' })],
  ['exact totals', async () => pageOf(await caseOf('exact.csv'), { groupBy: 'g', value: 'v' })],
  ['more groups than columns', () => pageOf(`g,v\n${many.join('\n')}\n`, { groupBy: 'g', value: 'v' })],
])('no label and no number of a report’s chart is cut or lies on another: %s', async (_, render) => {
  const folder = await mkdtemp(join(tmpdir(), 'report-'));
  try {
    await writeFile(join(folder, 'report.html'), await render());
    await using browser = await openBrowser();
    const { page, complaints } = await browser.openPage(pathToFileURL(join(folder, 'report.html')).href);
    const texts = page.locator('.chart .name, .chart .number');
    const boxes = await texts.evaluateAll((elements) =>
      elements.map((element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        const isCut = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
        return { text: element.textContent, left, right, top, bottom, isCut };
      }),
    );
    expect(boxes.length).toBeGreaterThan(3);
    expect(boxes.filter(({ isCut }) => isCut)).toEqual([]);
    for (const [index, one] of boxes.entries()) {
      const over = boxes
        .slice(index + 1)
        .filter(
          (other) => one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom - 1 && other.top < one.bottom - 1,
        );
      expect(over.map(({ text }) => `${one.text} lies on ${text}`)).toEqual([]);
    }
    expect(complaints).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a loss hangs below the line that gains stand on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'report-'));
  try {
    await writeFile(join(folder, 'report.html'), await pageOf(await caseOf('big-loss.csv'), { groupBy: 'group', value: 'amount' }));
    await using browser = await openBrowser();
    const { page } = await browser.openPage(pathToFileURL(join(folder, 'report.html')).href);
    const [loss, gain] = await Promise.all([
      page.locator('.loss .bar').first().boundingBox(),
      page.locator('.gain .bar').first().boundingBox(),
    ]);
    expect(loss?.y).toBeGreaterThanOrEqual((gain?.y ?? Infinity) + (gain?.height ?? 0) - 1);
    expect(loss?.height).toBeGreaterThan(100 * (gain?.height ?? Infinity));
    await expect.poll(() => page.getByText('24 of 25 groups, the rest summed').isVisible()).toBe(true);
    if (process.env['REPORT_SHOT'] !== undefined) await page.screenshot({ path: process.env['REPORT_SHOT'], fullPage: true });
  } finally {
    await rm(folder, { recursive: true });
  }
});
