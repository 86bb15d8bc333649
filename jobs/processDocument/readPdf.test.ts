import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import type { ObjectStore } from '../../core/objects.ts';
import { StoppedByTest } from '../files/testBucket.ts';
import { workInThread } from '../files/thread/workInThread.ts';
import { documentBounds, documentModule } from './handler.ts';
import { pdfOf, type TestPage } from './testPdf.ts';
import { documentSummary } from './type.ts';

const running = new AbortController().signal;
const MiB = 1024 ** 2;

interface Reading extends Partial<typeof documentBounds> {
  readonly signal?: AbortSignal;
  readonly progress?: (percent: number) => void;
}

/** An object store with one file, which writes nothing. */
function holding(content: Uint8Array): ObjectStore {
  return {
    async *read() {
      yield Uint8Array.from(content);
    },
    write: () => Promise.reject(new Error('nothing is written here')),
  };
}

async function read(pages: readonly TestPage[], { signal = running, progress, ...given }: Reading = {}) {
  const bounds = { ...documentBounds, ...given };
  const { result } = await workInThread({
    module: documentModule,
    source: 's3://files/a.pdf',
    params: { maxPages: bounds.maxPages, maxCharacters: bounds.maxCharacters },
    result: documentSummary,
    bounds,
    context: { objects: holding(pdfOf(pages)), signal },
    workProgress: progress,
    take: async (pieces) => {
      for await (const _ of pieces);
    },
  });
  return result;
}

test('gives the pages in order', async () => {
  expect(await read(['One', 'Two', 'Three'])).toMatchObject({ kind: 'pdf', pages: 3, text: 'One\fTwo\fThree', damage: [] });
});

test('leaves the work on 500 pages to its thread', async () => {
  const pages = Array.from({ length: 500 }, (_, page) => ({
    compressed: deflateSync(`BT /F1 12 Tf 14 TL 50 700 Td ${`(Page ${page} and a few more words of text) Tj T* `.repeat(60)}ET`),
  }));
  const before = { here: process.threadCpuUsage(), everywhere: process.cpuUsage() };
  const { pages: count } = await read(pages);
  const here = process.threadCpuUsage(before.here);
  const everywhere = process.cpuUsage(before.everywhere);
  expect(count).toBe(500);
  // Processor time, to which other processes do not add. The event loop was blocked for 5 to 20 ms at most.
  expect(here.user + here.system).toBeLessThan((everywhere.user + everywhere.system) / 4);
});

const manyWords = deflateSync(`BT /F1 12 Tf ${'(up) Tj 9 99 Td (down) Tj -9 -99 Td '.repeat(MiB)}ET`);

describe('a PDF that is a bomb fails for good', () => {
  test.each<[string, () => readonly TestPage[], Partial<typeof documentBounds>, string]>([
    ['when it has too many pages', () => ['1', '2', '3'], { maxPages: 2 }, 'has 3 pages; 2 are allowed'],
    ['when it has too much text', () => ['12345', '678901'], { maxCharacters: 10 }, 'more than 10 characters'],
    [
      'when it unpacks to too much',
      () => [{ compressed: deflateSync(Buffer.alloc(400 * MiB, ' ')) }],
      { maxBufferMb: 64 },
      'MiB of memory to unpack',
    ],
    ['when it fills the heap', () => [{ compressed: manyWords }], { maxHeapMb: 48 }, 'more than 48 MiB of memory to read'],
    ['when a page takes too long', () => [{ compressed: deflateSync('q '.repeat(2 * MiB)) }], { maxStepMs: 1000 }, 'longer than 1000 ms'],
  ])('%s', async (_, pages, bounds, complaint) => {
    const reading = read(pages(), bounds);
    await expect(reading).rejects.toBeInstanceOf(PermanentError);
    await expect(reading).rejects.toThrow(complaint);
  });
});

test('ends in the middle of a page when the signal fires', async () => {
  const stop = new AbortController();
  const pages = ['First', { compressed: deflateSync('q '.repeat(5 * MiB)) }];
  const reading = read(pages, { signal: stop.signal, progress: () => stop.abort(new StoppedByTest()) });
  await expect(reading).rejects.toThrow();
});
