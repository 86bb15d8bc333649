import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import { openTestBucket, StoppedByTest } from '../files/testBucket.ts';
import { handler } from './handler.ts';
import { pdfOf } from './testPdf.ts';
import { processDocument } from './type.ts';

const fileOf = (path: string) => readFile(new URL(`../../${path}`, import.meta.url));
const output = 's3://files/text.txt';

test('reads a real PDF: pages, words, checksum and text', async () => {
  await using bucket = await openTestBucket();
  const content = await fileOf('jobs/files/examples/document.pdf');
  const source = await bucket.put('document.pdf', content);
  const job = bucket.newJob();
  const result = await job.run(handler, { source, output });
  expect(processDocument.result.parse(result)).toEqual(result);
  expect(result).toMatchObject({
    kind: 'pdf',
    pages: 3,
    bytes: content.byteLength,
    sha256: createHash('sha256').update(content).digest('hex'),
    textTruncated: false,
    output,
  });
  // The number that Debian's `pdftotext document.pdf -
  // wc -w` prints.
  expect(result.words).toBe(347);
  expect(result.text).toMatch(/^Job Tickets: a short guide\n/);
  expect(result.text.split('\f')).toHaveLength(3);
  expect(await bucket.get(output)).toBe(result.text);
  expect(job.reported.map(Math.round)).toEqual([33, 67, 100]);
});

test('reads a UTF-8 text, with pages where it has form feeds', async () => {
  await using bucket = await openTestBucket();
  const text = `one two\nthree\ffour päivä ${'😀'.repeat(10)}`;
  const source = await bucket.put('letter.txt', `\uFEFF${text}`);
  const result = await bucket.run(handler, { source, output });
  expect(result).toMatchObject({ kind: 'text', pages: 2, words: 6, text, textTruncated: false });
  expect(await bucket.get(output)).toBe(text);
});

test.each([
  ['UTF-16 with its mark', Buffer.from('\uFEFFwide päivä', 'utf16le'), undefined, 'utf-16le'],
  ['UTF-16 without it', Buffer.from('wide päivä', 'utf16le'), undefined, 'utf-16le'],
  ['windows-1252, told so', Buffer.from('wide päivä', 'latin1'), 'windows-1252', 'windows-1252'],
])('reads a text in %s', async (_, content, encoding, told) => {
  await using bucket = await openTestBucket();
  const source = await bucket.put('letter.txt', content);
  const params = encoding === undefined ? { source } : { source, encoding };
  const result = await bucket.run(handler, params);
  expect(result).toMatchObject({ kind: 'text', words: 2, text: 'wide päivä', encoding: told });
});

test('returns the first 10,000 characters of a long text and writes all of it', async () => {
  await using bucket = await openTestBucket();
  const text = `x${'😀'.repeat(5000)} ${'word '.repeat(400_000)}`;
  const source = await bucket.put('long.txt', text);
  const result = await bucket.run(handler, { source, output });
  expect(result).toMatchObject({ words: 400_001, textTruncated: true });
  // One less: the cut would split a pair of surrogates.
  expect(result.text).toBe(`x${'😀'.repeat(4999)}`);
  expect((await bucket.get(output)) === text).toBe(true);
});

test('reads an empty text and writes nothing where no output is wanted', async () => {
  await using bucket = await openTestBucket();
  const source = await bucket.put('empty.txt', '');
  const result = await bucket.run(handler, { source });
  expect(result).toMatchObject({ kind: 'text', pages: 0, words: 0, bytes: 0, text: '' });
  expect(await bucket.keys()).toEqual(['empty.txt']);
});

test('counts blank pages of a PDF', async () => {
  await using bucket = await openTestBucket();
  const source = await bucket.put('blank', pdfOf(['', 'Hello', '', '']));
  const result = await bucket.run(handler, { source });
  expect(result).toMatchObject({ kind: 'pdf', pages: 4, words: 1 });
});

describe('fails for good', () => {
  test.each([
    ['when the PDF is encrypted', 'secret.pdf', () => fileOf('test/fixtures/encrypted.pdf'), 'is encrypted'],
    [
      'when the end of the PDF is missing',
      'cut.pdf',
      async () => (await fileOf('jobs/files/examples/document.pdf')).subarray(0, 20_000),
      'is damaged',
    ],
    ['when the middle of the PDF is missing', 'hole.pdf', () => withHole('jobs/files/examples/document.pdf'), 'is damaged'],
    [
      'when a page of the PDF is damaged',
      'page.pdf',
      () => pdfOf(['Hello', { compressed: deflateSync('BT (no font) Tj ET') }]),
      'is damaged',
    ],
    ['when it is named .pdf and is none', 'page.PDF', () => Buffer.from('<html>Not found</html>'), 'is named .pdf but is not a PDF'],
    ['when it is binary', 'photo', () => Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]), 'is neither a PDF nor UTF-8 text'],
    [
      'when it has a NUL',
      'zero.txt',
      () => Buffer.from('text\0'),
      'is neither a PDF nor UTF-8 text, line 1: holds a NUL character (byte 4)',
    ],
    ['when its last character is cut off', 'cut.txt', () => Buffer.from('päivä').subarray(0, -1), 'is neither a PDF nor UTF-8 text'],
  ])('%s', async (_, key, content, complaint) => {
    await using bucket = await openTestBucket();
    const source = await bucket.put(key, await content());
    const working = bucket.run(handler, { source, output });
    await expect(working).rejects.toBeInstanceOf(PermanentError);
    await expect(working).rejects.toThrow(`${source} ${complaint}`);
    expect(await bucket.keys()).toEqual([key]);
  });
});

test('stops between pages with the reason of the signal and leaves no output', async () => {
  const stop = new AbortController();
  const reason = new StoppedByTest();
  await using bucket = await openTestBucket();
  const source = await bucket.put('document.pdf', await fileOf('jobs/files/examples/document.pdf'));
  const options = { signal: stop.signal, onProgress: () => stop.abort(reason) };
  await expect(bucket.run(handler, { source, output }, options)).rejects.toBe(reason);
  expect(await bucket.keys()).toEqual(['document.pdf']);
});

test('reads many documents at once, and one that waits for its turn can be stopped', async () => {
  await using bucket = await openTestBucket();
  const source = await bucket.put('document.pdf', await fileOf('jobs/files/examples/document.pdf'));
  const stop = new AbortController();
  const reason = new StoppedByTest();
  const working = Array.from({ length: 8 }, () => bucket.run(handler, { source }));
  const waiting = bucket.run(handler, { source }, { signal: stop.signal });
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  for (const result of await Promise.all(working)) expect(result.pages).toBe(3);
  expect(bucket.sent.filter((command) => command === 'GetObject')).toHaveLength(8);
});

async function withHole(path: string): Promise<Buffer> {
  const content = await fileOf(path);
  return content.fill(0, 500, content.byteLength - 500);
}
