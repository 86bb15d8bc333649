import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import { StoppedByTest } from '../files/testBucket.ts';
import { pdfBounds, readPdf, type PdfBounds } from './readPdf.ts';
import { pdfOf, type TestPage } from './testPdf.ts';

const running = new AbortController().signal;
const MiB = 1024 ** 2;

function read(pages: readonly TestPage[], { signal = running, ...bounds }: Partial<PdfBounds> & { readonly signal?: AbortSignal } = {}) {
  return readPdf(new Uint8Array(pdfOf(pages)), {
    uri: 's3://files/a.pdf',
    signal,
    bounds: { ...pdfBounds, ...bounds },
  });
}

test('gives the pages one by one, in order', async () => {
  const pages = await Array.fromAsync(read(['One', 'Two', 'Three']));
  expect(pages).toEqual(['One', 'Two', 'Three'].map((text, index) => ({ number: index + 1, pages: 3, text })));
});

test('leaves the work of 500 pages to its thread', async () => {
  const pages = Array.from({ length: 500 }, (_, page) => ({
    compressed: deflateSync(`BT /F1 12 Tf 14 TL 50 700 Td ${`(Page ${page} and a few more words of text) Tj T* `.repeat(60)}ET`),
  }));
  const reading = read(pages);
  const before = { here: process.threadCpuUsage(), everywhere: process.cpuUsage() };
  let count = 0;
  for await (const _ of reading) count += 1;
  const here = process.threadCpuUsage(before.here);
  const everywhere = process.cpuUsage(before.everywhere);
  expect(count).toBe(500);
  // Processor time, which other processes do not add to. The event loop was seen to wait for 5 to 20 ms at most.
  expect(here.user + here.system).toBeLessThan((everywhere.user + everywhere.system) / 4);
});

const manyWords = deflateSync(`BT /F1 12 Tf ${'(up) Tj 9 99 Td (down) Tj -9 -99 Td '.repeat(MiB)}ET`);

describe('a PDF that is a bomb fails for good', () => {
  test.each<[string, () => readonly TestPage[], Partial<PdfBounds>, string]>([
    ['when it has too many pages', () => ['1', '2', '3'], { maxPages: 2 }, 'has 3 pages; 2 are allowed'],
    ['when it has too much text', () => ['12345', '678901'], { maxCharacters: 10 }, 'more than 10 characters'],
    [
      'when it unpacks to too much',
      () => [{ compressed: deflateSync(Buffer.alloc(400 * MiB, ' ')) }],
      { maxBufferMb: 64 },
      'MiB of memory to unpack',
    ],
    ['when it fills the heap', () => [{ compressed: manyWords }], { maxHeapMb: 48 }, 'more than 48 MiB of memory to read'],
    ['when a page takes too long', () => [{ compressed: deflateSync('q '.repeat(2 * MiB)) }], { maxPageMs: 1000 }, 'longer than 1000 ms'],
  ])('%s', async (_, pages, bounds, complaint) => {
    const reading = Array.fromAsync(read(pages(), bounds));
    await expect(reading).rejects.toBeInstanceOf(PermanentError);
    await expect(reading).rejects.toThrow(complaint);
  });
});

test('ends in the middle of a page when the signal fires', async () => {
  const stop = new AbortController();
  const pages = read(['First', { compressed: deflateSync('q '.repeat(5 * MiB)) }], {
    signal: stop.signal,
  });
  await pages.next();
  const second = pages.next();
  stop.abort(new StoppedByTest());
  await expect(second).rejects.toThrow();
});

test('ends its thread when the reader has seen enough', async () => {
  for await (const { number } of read(Array.from({ length: 1000 }, () => 'Hello'))) {
    expect(number).toBe(1);
    break;
  }
});
