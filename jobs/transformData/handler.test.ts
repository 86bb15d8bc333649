import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import { openTestBucket, StoppedByTest } from '../files/testBucket.ts';
import { handler } from './handler.ts';
import { transformData } from './type.ts';

type TestBucket = Awaited<ReturnType<typeof openTestBucket>>;
const jsonl = { output: 's3://files/out.jsonl', to: 'jsonl' } as const;
const csv = { output: 's3://files/out.csv', to: 'csv' } as const;

async function transformed(bucket: TestBucket, content: string, target: typeof jsonl | typeof csv): Promise<string> {
  const source = await bucket.put('source', content);
  await bucket.run(handler, { source, ...target });
  return bucket.get(target.output);
}

/** 100,000 rows, about 7 MB, with everything that CSV has to quote. */
function manyRows(): string {
  const rows = Array.from(
    { length: 100_000 },
    (_, index) => `${index},"Smith, ""Ann"" ${index % 97}",päivä ${index},"two\nlines",${index / 8}`,
  );
  return `id,name,2024,note,amount\n${rows.join('\n')}\n`;
}

test('converts 100,000 rows from CSV to JSON Lines and back, unchanged', { timeout: 60_000 }, async () => {
  await using bucket = await openTestBucket();
  const original = manyRows();
  const source = await bucket.put('rows.csv', original);
  const there = bucket.newJob();
  const result = await there.run(handler, { source, ...jsonl });
  expect(transformData.result.parse(result)).toEqual(result);
  expect(result.rows).toBe(100_000);
  expect(there.reported.length).toBeGreaterThan(50);
  expect(there.reported).toEqual(there.reported.toSorted((a, b) => a - b));
  expect(there.reported.at(-1)).toBe(100);
  const lines = (await bucket.get(jsonl.output)).split('\n');
  expect(JSON.parse(lines[1] ?? '')).toEqual({
    id: '1',
    name: 'Smith, "Ann" 1',
    2024: 'päivä 1',
    note: 'two\nlines',
    amount: '0.125',
  });
  const back = await bucket.run(handler, { source: jsonl.output, ...csv });
  expect(back.rows).toBe(100_000);
  expect((await bucket.get(csv.output)) === original).toBe(true);
});

test('stops reading while it waits for writing', async () => {
  let partsBegun = 0;
  const readAtParts: number[] = [];
  await using bucket = await openTestBucket({
    observe: (command) => {
      if (command === 'UploadPart') readAtParts[partsBegun++] = job.reported.at(-1) ?? 0;
    },
  });
  const job = bucket.newJob();
  const source = await bucket.put('rows.csv', manyRows());
  await job.run(handler, { source, ...jsonl });
  expect(readAtParts[0]).toBeLessThan(90);
});

describe('CSV to JSON Lines', () => {
  test.each([
    ['an empty file', '', ''],
    ['a header alone', 'a,b\n', ''],
    ['a byte order mark', '\uFEFFa\n1\n', '{"a":"1"}\n'],
    ['Windows line endings, mixed with others', 'a,b\r\n1,2\n3,4\r\n', '{"a":"1","b":"2"}\n{"a":"3","b":"4"}\n'],
    ['no newline at the end', 'a\n1', '{"a":"1"}\n'],
    ['empty lines', 'a,b\n\n1,2\n\n', '{"a":"1","b":"2"}\n'],
    ['a column called __proto__', '__proto__,b\n1,2\n', '{"__proto__":"1","b":"2"}\n'],
    ['columns that are numbers, in their order', 'b,2,1\nx,y,z\n', '{"b":"x","2":"y","1":"z"}\n'],
  ])('reads %s', async (_, content, expected) => {
    await using bucket = await openTestBucket();
    expect(await transformed(bucket, content, jsonl)).toBe(expected);
  });

  test.each([
    ['too few cells', 'a,b\n1,2\n3\n', 'line 3'],
    ['too many cells', 'a,b\n1,2,3\n', 'line 2'],
    ['text after a quote', 'a,b\n1,2\n1,"x"y\n', 'line 3'],
    ['a quote that is never closed', 'a\n1\n"x\n', 'line'],
    ['two columns of one name', 'a,b,a\n1,2,3\n', 'line 1'],
    ['a cell without end', `a\n${'x'.repeat(2 * 1024 ** 2)}`, 'line 2'],
  ])('fails for good on %s, naming the line', async (_, content, place) => {
    await using bucket = await openTestBucket();
    const working = transformed(bucket, content, jsonl);
    await expect(working).rejects.toBeInstanceOf(PermanentError);
    await expect(working).rejects.toThrow(`s3://files/source, ${place}`);
    expect(await bucket.keys()).toEqual(['source']);
  });

  test('fails for good on bytes that are not UTF-8', async () => {
    await using bucket = await openTestBucket();
    const source = await bucket.put('latin1.csv', Buffer.from('name\nJosé\n', 'latin1'));
    await expect(bucket.run(handler, { source, ...jsonl })).rejects.toThrow(`${source}, line 2: byte 0xE9 (at 8) is not UTF-8 text`);
  });
});

test('a file without headers gets columns by number, and is written without them', async () => {
  await using bucket = await openTestBucket();
  const source = await bucket.put('rows.csv', '1;2\n3;4\n');
  const there = await bucket.run(handler, { source, ...jsonl, headers: false });
  expect(there).toMatchObject({ rows: 2, delimiter: ';' });
  expect(await bucket.get(jsonl.output)).toBe('{"column_1":"1","column_2":"2"}\n{"column_1":"3","column_2":"4"}\n');
  await bucket.run(handler, { source: jsonl.output, ...csv, headers: false, delimiter: ';' });
  expect(await bucket.get(csv.output)).toBe('1;2\n3;4\n');
});

test('the delimiter is the one that divides the rows evenly, unless it is given', async () => {
  await using bucket = await openTestBucket();
  for (const [content, params, delimiter] of [
    ['name;price\nA, B;1,5\nC, D;2,5\n', {}, ';'],
    ['name\nA; B\nC\n', {}, ','],
    ['a|b\n1|2,3\n', {}, '|'],
    ['a;b,c\n1;2,3\n', { delimiter: ';' }, ';'],
    ['', {}, ','],
  ] as const) {
    const source = await bucket.put('rows.csv', content);
    expect(await bucket.run(handler, { source, ...jsonl, ...params })).toMatchObject({ delimiter });
  }
});

describe('JSON Lines to CSV', () => {
  test.each([
    ['an empty file', '', ''],
    ['a byte order mark', '\uFEFF{"a":1}\n', 'a\n1\n'],
    ['Windows line endings and empty lines', '{"a":1}\r\n\r\n{"a":2}\r\n', 'a\n1\n2\n'],
    ['numbers, as they were written', '{"a":12345678901234567890,"b":1.50,"c":1e3}', 'a,b,c\n12345678901234567890,1.50,1e3\n'],
    ['nested values, as JSON', '{"a":{"x":[1.0,"y"]},"b":true}', 'a,b\n"{""x"":[1.0,""y""]}",true\n'],
    ['null and absent fields, as empty cells', '{"a":null,"b":"x"}\n{"b":"y"}', 'a,b\n,x\n,y\n'],
    ['a single empty cell', '{"a":""}\n', 'a\n""\n'],
    ['fields that are numbers, in their order', '{"b":"{\\"z\\":1}","2":[{"q":2}],"1":3}', 'b,2,1\n"{""z"":1}","[{""q"":2}]",3\n'],
    ['a field called __proto__', '{"__proto__":"x","b":"y"}', '__proto__,b\nx,y\n'],
  ])('reads %s', async (_, content, expected) => {
    await using bucket = await openTestBucket();
    expect(await transformed(bucket, content, csv)).toBe(expected);
  });

  test.each([
    ['what is not JSON', '{"a":1}\n\n{"a":\n', 'line 3'],
    ['an array', '[1]', 'line 1'],
    ['a number', '7', 'line 1'],
    ['null', '{"a":1}\nnull', 'line 2'],
    ['an object without fields', '{}', 'line 1'],
    ['a field that the first line does not have', '{"a":1}\n{"b":2}', 'line 2'],
    ['nesting without end', `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'line 1'],
    ['a line without end', `{"a":"${'x'.repeat(2 * 1024 ** 2)}"}`, 'line 1'],
  ])('fails for good on %s, naming the line', async (_, content, place) => {
    await using bucket = await openTestBucket();
    const working = transformed(bucket, content, csv);
    await expect(working).rejects.toBeInstanceOf(PermanentError);
    await expect(working).rejects.toThrow(`s3://files/source, ${place}`);
    expect(await bucket.keys()).toEqual(['source']);
  });
});

test('stops in the middle with the reason of the signal and leaves no output', async () => {
  const stop = new AbortController();
  const reason = new StoppedByTest();
  await using bucket = await openTestBucket({
    observe: (command) => command === 'UploadPart' && stop.abort(reason),
  });
  const source = await bucket.put('rows.csv', manyRows());
  const options = { signal: stop.signal };
  await expect(bucket.run(handler, { source, ...jsonl }, options)).rejects.toBe(reason);
  expect(bucket.sent.at(-1)).toBe('AbortMultipartUpload');
  expect(await bucket.keys()).toEqual(['rows.csv']);
});

test('stops while reading, too, and does not start when the signal has fired before', async () => {
  const stop = new AbortController();
  const reason = new StoppedByTest();
  await using bucket = await openTestBucket();
  const source = await bucket.put('rows.csv', manyRows());
  const options = { signal: stop.signal, onProgress: () => stop.abort(reason) };
  await expect(bucket.run(handler, { source, ...jsonl }, options)).rejects.toBe(reason);
  bucket.sent.length = 0;
  await expect(bucket.run(handler, { source, ...jsonl }, options)).rejects.toBe(reason);
  expect(bucket.sent).toEqual([]);
});

test('the schema refuses an output that would replace the source', () => {
  const source = 's3://files/rows.csv';
  expect(transformData.params.safeParse({ source, output: source, to: 'jsonl' }).error?.issues[0]?.path).toEqual(['output']);
});
