import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/job.ts';
import { handler as generateReport } from '../generateReport/handler.ts';
import { handler as transformData } from '../transformData/handler.ts';
import { openTestBucket } from './testBucket.ts';

async function putCase(bucket: Awaited<ReturnType<typeof openTestBucket>>, name: string): Promise<string> {
  return bucket.put(name, await readFile(new URL(`./cases/${name}`, import.meta.url)));
}

async function transform(name: string, params: Record<string, JsonValue> = {}) {
  await using bucket = await openTestBucket();
  const source = await putCase(bucket, name);
  const to = name.endsWith('.csv') ? 'jsonl' : 'csv';
  const result = await bucket.run(transformData, { source, output: 's3://files/out', to, ...params });
  return { result, written: await bucket.get('s3://files/out') };
}

async function report(name: string, params: Record<string, JsonValue> = {}) {
  await using bucket = await openTestBucket();
  const source = await putCase(bucket, name);
  const given = { source, output: 's3://files/out', groupBy: 'g', value: 'v', ...params };
  const result = await bucket.run(generateReport, given);
  return { result, page: await bucket.get('s3://files/out') };
}

describe('CSV to JSON Lines reads correctly', () => {
  test.each([
    ['semicolon.csv', {}, '{"region":"North","amount":"1"}\n{"region":"South","amount":"2,5"}\n', { delimiter: ';', encoding: 'utf-8' }],
    ['excel-sep.csv', {}, '{"region":"North","amount":"1"}\n', { delimiter: ';' }],
    ['tabs.csv', {}, '{"region":"North","amount":"1"}\n', { delimiter: '\t' }],
    ['utf16le-nobom.csv', {}, '{"a":"1","b":"2"}\n', { encoding: 'utf-16le' }],
    ['utf16be-bom.csv', {}, '{"a":"1","b":"é"}\n', { encoding: 'utf-16be' }],
    ['windows-1252.csv', { encoding: 'windows-1252' }, '{"name":"Café","price":"€5"}\n', { encoding: 'windows-1252' }],
    ['inches.csv', {}, '{"size":"5\\" pipe","n":"2"}\n', { tolerated: { looseQuotes: 1 } }],
    ['space-after-quote.csv', {}, '{"a":"x","b":"2"}\n', { tolerated: { looseQuotes: 1 } }],
    ['space-before-quote.csv', {}, '{"a":"1","b":"x, y"}\n', { tolerated: { looseQuotes: 1 } }],
    ['trailing-comma.csv', {}, '{"a":"1","b":"2"}\n', { rows: 1, tolerated: { emptyLastFields: 1 } }],
    ['blank-and-ctrl-z.csv', {}, '{"a":"1","b":"2"}\n{"a":"3","b":"4"}\n', { rows: 2, tolerated: { blankLines: 1, endMarks: 1 } }],
  ])('%s %j', async (name, params, expected, told) => {
    const { result, written } = await transform(name, params);
    expect(written).toBe(expected);
    expect(result).toMatchObject(told);
    expect(transformData.type.result.parse(result)).toEqual(result);
  });
});

describe('is refused, naming the place:', () => {
  test.each([
    ['nul.csv', 'line 2: holds a NUL character (byte 5)'],
    ['windows-1252.csv', 'line 2: byte 0xE9 (at 14) is not UTF-8 text'],
    ['unclosed.csv', 'line 3: a quote opens here and is never closed'],
    ['duplicate-key.jsonl', 'line 1: $.a stands there twice'],
    ['surrogate.jsonl', 'line 1: $.a holds half a surrogate pair'],
    ['pretty.jsonl', 'line 1: JSON Lines has one object per line; this looks like an array'],
  ])('%s', async (name, complaint) => {
    const working = transform(name);
    await expect(working).rejects.toBeInstanceOf(PermanentError);
    await expect(working).rejects.toThrow(complaint);
  });
});

test('text that a spreadsheet would run is written with an apostrophe, and a negative number unchanged', async () => {
  const { result, written } = await transform('formula.jsonl');
  expect(written).toBe(`name,n\n"'=HYPERLINK(""http://x"")",1\n-3,2\n`);
  expect(result).toMatchObject({ escapedFormulas: 1, rows: 2 });
  expect((await transform('formula.jsonl', { formulas: 'keep' })).written).toContain('"=HYPERLINK(""http://x"")",1');
});

test('big-loss.csv: the loss with the largest amount is the first column, and points down', async () => {
  const { result, page } = await report('big-loss.csv', { groupBy: 'group', value: 'amount' });
  expect(result).toMatchObject({ total: -99_700, groups: 25, others: { groups: 1, rows: 1, total: 1 } });
  expect(result.top[0]).toEqual({ name: 'BIGLOSS', rows: 1, total: -100_000 });
  expect(result.top).toHaveLength(24);
  expect(page).toContain('24 of 25 groups, the rest summed</figcaption>');
  const [first = ''] = page.match(/<div class="gain">.*BIGLOSS/) ?? [];
  expect(first).toContain('<div class="gain"></div><div class="loss"><span class="bar" style="height:100.00%"></span>');
});

test('exact.csv: totals are exact in page and result', async () => {
  const { result, page } = await report('exact.csv');
  const totals = Object.fromEntries(result.top.map(({ name, total }) => [name, total]));
  expect(totals).toEqual({ A: 9_007_199_254_740_994, B: 0.12345679, C: '12345678901234567.89' });
  expect(result.total).toBe('21352878155975562.01345679');
  for (const exact of ['9,007,199,254,740,994', '0.12345679', '12,345,678,901,234,567.89']) {
    expect(page).toContain(`<data value="${exact.replaceAll(',', '')}">${exact}</data>`);
  }
});

test('money.csv: amounts that are not plain numbers are converted or skipped, and counted', async () => {
  const { result, page } = await report('money.csv');
  expect(Object.fromEntries(result.top.map(({ name, total }) => [name, total]))).toEqual({ A: 1246.5, B: -12.5, C: 0.12 });
  expect(result.skipped).toEqual({ empty: 1, notAvailable: 1 });
  expect(result.converted).toEqual({ thousands: 1, currency: 1, parentheses: 1, percent: 1 });
  expect(page).toContain('<li>1 empty cells add nothing</li>');
});

test('spaces-in-names.csv: names that look alike are one group', async () => {
  const { result, page } = await report('spaces-in-names.csv');
  expect(result).toMatchObject({ groups: 1, mergedNames: 1, top: [{ name: 'North', rows: 2, total: 3 }] });
  expect(page.match(/<div class="name"><bdi>North<\/bdi>/g)).toHaveLength(1);
});

test('wide-names.csv: names and numbers are on the page in full', async () => {
  const { page } = await report('wide-names.csv');
  expect(page).toContain('日本語のとても長い名前のグループです</bdi>');
  expect(page).toContain(`${'W'.repeat(24)}</bdi>`);
  expect(page).toContain('>1,234,567,890,123</data>');
});
