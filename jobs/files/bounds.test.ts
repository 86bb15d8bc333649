import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import type { ObjectStore } from '../../core/objects.ts';
import { handler as generateReport } from '../generateReport/handler.ts';
import { handler as transformData } from '../transformData/handler.ts';
import { createTestJob } from '../../testing/createTestJob.ts';
import { StoppedByTest } from './testBucket.ts';

/** Holds one file and discards what is written. */
function objectsOf(content: string): ObjectStore {
  const bytes = Buffer.from(content);
  return {
    async *read() {
      for (let from = 0; from < bytes.length; from += 65_536) yield bytes.subarray(from, from + 65_536);
    },
    async write(_uri, pieces) {
      let count = 0;
      for await (const piece of pieces) count += piece.length;
      return { bytes: count, sha256: '' };
    },
  };
}

const uris = { source: 's3://files/in', output: 's3://files/out' };
const report = (content: string, params: object = {}) =>
  createTestJob({ objects: objectsOf(content) }).run(generateReport, { ...uris, groupBy: 'g', value: 'v', ...params });
const transform = (content: string, to: 'jsonl' | 'csv', params: object = {}) =>
  createTestJob({ objects: objectsOf(content) }).run(transformData, { ...uris, to, ...params });

describe('a file that would take the worker’s memory or time fails for good', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    [
      'group names of 500,000 characters',
      () => report(`g,v\n${Array.from({ length: 90 }, (_, index) => `${'x'.repeat(500_000)}${index},1\n`).join('')}`),
      'the name of a group may have 500',
    ],
    [
      'a header of 150,000 columns',
      () => transform(`${Array.from({ length: 150_000 }, (_, index) => `c${index}`).join(',')}\n`, 'jsonl'),
      'line 1: the row is longer than 1048576 characters',
    ],
    [
      'a first object of 20,000 fields',
      () => transform(`{${Array.from({ length: 20_000 }, (_, index) => `"c${index}":1`).join(',')}}\n`, 'csv'),
      'has more than 16384 fields',
    ],
    ['a row of a million cells', () => transform(`a,b\n${','.repeat(1_000_000)}\n`, 'jsonl'), 'has more than 16384 fields'],
    ['a column name of 2,000 characters', () => transform(`${'n'.repeat(2000)},b\n1,2\n`, 'jsonl'), 'name is longer than 1000 characters'],
    [
      'a quote that swallows megabytes',
      () => transform(`a,b\n1,"${'x\n'.repeat(2_000_000)}`, 'jsonl'),
      'line 2: the row is longer than 1048576 characters (a quote opens in line 2)',
    ],
    ['a line of JSON without end', () => transform(`{"a":"${'x'.repeat(3_000_000)}`, 'csv'), 'line 1: is longer than 1048576 characters'],
    ['JSON nested without end', () => transform(`{"a":${'['.repeat(500_000)}`, 'csv'), '$.a[0][0]'],
    ['only Ctrl-Z characters', () => transform('\x1a'.repeat(1_000_000), 'jsonl'), 'thousands of Ctrl-Z'],
    ['an amount of 400,000 digits', () => report(`g,v\na,${'9'.repeat(400_000)}\n`), 'is not a number'],
  ])('%s', async (_, work, complaint) => {
    const working = work();
    await expect(working).rejects.toBeInstanceOf(PermanentError);
    await expect(working).rejects.toThrow(complaint);
  });
});

test.each<[string, string, () => Promise<unknown>]>([
  ['quotes by the million', 'jsonl', () => transform(`a\n${'""""""""\n'.repeat(300_000)}`, 'jsonl')],
  ['rows with a quote and no delimiter', 'jsonl', () => transform(`a\n${'5" x\n'.repeat(500_000)}`, 'jsonl', { delimiter: ';' })],
  ['blank lines', 'jsonl', () => transform(`a,b\n${' \n'.repeat(1_000_000)}1,2\n`, 'jsonl')],
  [
    '16,000 columns',
    'jsonl',
    () => transform(`${Array.from({ length: 16_000 }, (_, index) => `c${index}`).join(',')}\n`.repeat(1), 'jsonl'),
  ],
  ['backslashes', 'csv', () => transform(`{"a":"${'\\\\'.repeat(400_000)}"}\n`, 'csv')],
])('%s take time in proportion to their size', { timeout: 30_000 }, async (_name, _to, work) => {
  await work();
});

test('the work on a large table is done in its thread, and the event loop of the worker goes on', async () => {
  const before = { here: process.threadCpuUsage(), everywhere: process.cpuUsage() };
  await transform(`a,b,c\n${'1,"x, y",3\n'.repeat(500_000)}`, 'jsonl');
  const here = process.threadCpuUsage(before.here);
  const everywhere = process.cpuUsage(before.everywhere);
  expect(here.user + here.system).toBeLessThan((everywhere.user + everywhere.system) / 2);
});

test('a thread ends in the middle of its work when the signal fires', async () => {
  const stop = new AbortController();
  const content = objectsOf(`a,b\n${'1,2\n'.repeat(2_000_000)}`);
  const reason = new StoppedByTest();
  const objects: ObjectStore = {
    ...content,
    async write(_uri, pieces) {
      for await (const _ of pieces) stop.abort(reason);
      return { bytes: 0, sha256: '' };
    },
  };
  const working = createTestJob({ signal: stop.signal, objects }).run(transformData, { ...uris, to: 'jsonl' });
  await expect(working).rejects.toBe(reason);
});
