import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import { openTestBucket, StoppedByTest } from '../files/testBucket.ts';
import { handler } from './handler.ts';
import { generateReport } from './type.ts';

type TestBucket = Awaited<ReturnType<typeof openTestBucket>>;
const params = {
  output: 's3://files/report.html',
  title: 'Sales',
  groupBy: 'region',
  value: 'amount',
};

async function report(bucket: TestBucket, content: string, given: Partial<typeof params> = {}) {
  const source = await bucket.put('source.csv', content);
  return bucket.run(handler, { source, ...params, ...given });
}

test('sums the example file by region', async () => {
  await using bucket = await openTestBucket();
  const content = await readFile(new URL('../../jobs/files/examples/sales.csv', import.meta.url), 'utf8');
  const result = await report(bucket, content);
  const cents = content
    .trim()
    .split('\n')
    .slice(1)
    .reduce((sum, row) => sum + Math.round(100 * Number(row.slice(row.lastIndexOf(',') + 1))), 0);
  expect(generateReport.result.parse(result)).toEqual(result);
  expect(result).toMatchObject({ rows: 200, groups: 4, total: cents / 100 });
  const page = await bucket.get(params.output);
  for (const region of ['North', 'South', 'East', 'West']) expect(page).toContain(`<th scope="row"><bdi>${region}</bdi></th>`);
  expect(page.match(/class="bar"/g)).toHaveLength(4);
});

test('gives the same bytes at every attempt', async () => {
  await using bucket = await openTestBucket();
  const first = await report(bucket, 'region,amount\nb,1\na,1\n');
  expect(await report(bucket, 'region,amount\nb,1\na,1\n')).toEqual(first);
});

test('adds decimal fractions without the errors of floating point', async () => {
  await using bucket = await openTestBucket();
  const result = await report(bucket, `region,amount\n${'a,0.1\n'.repeat(10_000)}a,-1e3\na, +.5 \n`);
  expect(result).toMatchObject({ rows: 10_002, total: 0.5, groups: 1 });
});

test('escapes everything in title, header and cells', async () => {
  await using bucket = await openTestBucket();
  const attack = `<script>alert(1)</script>'"><img src=x onerror=alert(1)>`;
  const cell = `"${attack.replaceAll('"', '""')}"`;
  await report(bucket, `${cell},"</style>&<b>"\n${cell},1\n</title><svg/onload=alert(1)>,2\n`, {
    title: attack,
    groupBy: attack,
    value: '</style>&<b>',
  });
  const page = await bucket.get(params.output);
  const tags = new Set(page.match(/<\/?[a-z!][a-z0-9]*/gi));
  const ours =
    '!doctype html head meta title style body main h1 p code strong bdi data figure figcaption div span table caption thead tbody tfoot tr th td';
  expect(Array.from(tags, (tag) => tag.replace(/[</]/g, '')).filter((tag) => !ours.split(' ').includes(tag))).toEqual([]);
  expect(page).not.toMatch(/<[^>]*\son[a-z]+\s*=/i);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&#39;&quot;&gt;');
});

test('loads nothing, follows the colour scheme, and describes the chart in words', async () => {
  await using bucket = await openTestBucket();
  await report(bucket, `region,amount\n${Array.from({ length: 30 }, (_, index) => `group ${index},${index - 5}`).join('\n')}\n`);
  const page = await bucket.get(params.output);
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(page).not.toMatch(/(?:src|href)=|url\(|@import/);
  expect(page).toContain('prefers-color-scheme: dark');
  expect(page).toContain('<html lang="en">');
  expect(page).toContain('role="img" aria-label="A column chart of 24 of 30 groups, the rest summed; the table below has the numbers."');
  expect(page.match(/class="bar"/g)).toHaveLength(25);
  expect(page).toContain('<em>6 others</em>');
  expect(page).not.toContain('NaN');
});

test('draws negative totals downwards from zero, and a chart without any rows', async () => {
  await using bucket = await openTestBucket();
  await report(bucket, 'region,amount\na,-5\nb,5\n');
  const page = await bucket.get(params.output);
  expect(page).toContain('grid-template-rows:8.00rem 8.00rem auto auto');
  expect(page).toContain('<div class="loss"><span class="bar" style="height:100.00%"></span></div><div class="number"><data value="-5">');
  expect(page).toContain(
    '<div class="gain"><span class="bar" style="height:100.00%"></span></div><div class="loss"></div><div class="number"><data value="5">',
  );
  expect(await report(bucket, 'region,amount\n')).toMatchObject({ rows: 0, total: 0, groups: 0 });
  expect(await report(bucket, 'region,amount\na,0\n')).toMatchObject({
    rows: 1,
    total: 0,
    groups: 1,
  });
  expect(await bucket.get(params.output)).not.toContain('NaN');
});

describe('fails for good, saying where,', () => {
  test.each([
    ['when the column to group by is missing', 'city,amount\na,1\n', 'has no column "region"; it has "city", "amount"'],
    ['when the column to sum is missing', 'region,price\na,1\n', 'has no column "amount"'],
    ['when a value is a word', 'region,amount\na,1\nb,many\n', 'line 3: column "amount": "many" is not a number'],
    [
      'when a value has a decimal comma',
      'region,amount\na,"2,5"\n',
      'line 2: column "amount": "2,5" is not a number; where "," stands before decimals',
    ],
    ['when the amounts are in two currencies', 'region,amount\na,$1\na,1 €\n', 'line 3: column "amount": "1 €" is in another currency'],
    ['when a group has an endless name', `region,amount\n${'x'.repeat(501)},1\n`, 'line 2: column "region" has 501 characters'],
    ['when a value is too large', 'region,amount\na,1e400\n', 'line 2'],
    ['when a value is not a decimal number', 'region,amount\na,0x10\n', 'line 2'],
    ['when the rows are uneven', 'region,amount\na,1\nb\n', 'line 3'],
    ['when the file is empty', '', 'no header line'],
    [
      'when there are too many groups',
      `region,amount\n${Array.from({ length: 1001 }, (_, index) => `g${index},1`).join('\n')}`,
      'more than 1000',
    ],
  ])('%s', async (_, content, complaint) => {
    await using bucket = await openTestBucket();
    const working = report(bucket, content);
    await expect(working).rejects.toBeInstanceOf(PermanentError);
    await expect(working).rejects.toThrow(complaint);
    expect(await bucket.keys()).toEqual(['source.csv']);
  });
});

test('stops in the middle with the reason of the signal and leaves no output', async () => {
  const stop = new AbortController();
  const reason = new StoppedByTest();
  await using bucket = await openTestBucket();
  const source = await bucket.put('source.csv', `region,amount\n${'a,1\n'.repeat(100_000)}`);
  const options = { signal: stop.signal, onProgress: () => stop.abort(reason) };
  await expect(bucket.run(handler, { source, ...params }, options)).rejects.toBe(reason);
  expect(await bucket.keys()).toEqual(['source.csv']);
});
