import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import type { StreamPosition, TableStream } from '../core/table/dynamodb/stream.ts';
import { silentLog } from '../test/support/silentLog.ts';
import { startStreamMapping } from './streamMapping.ts';

/** A stream of shards with numbered records; shards may be closed, and iterators may expire. */
function fakeStream(shards: Record<string, { parentId?: string; records: number[]; closed: boolean }>) {
  const failures: string[] = [];
  const iterators: string[] = [];
  const stream: TableStream = {
    shards: () => Promise.resolve(Object.entries(shards).map(([shardId, { parentId }]) => ({ shardId, parentId }))),
    iterator(shardId, position: StreamPosition) {
      iterators.push(`${shardId} ${position.at}${position.at === 'oldest' ? '' : ` ${position.sequenceNumber}`}`);
      const from = position.at === 'oldest' ? 0 : Number(position.sequenceNumber) + (position.at === 'after' ? 1 : 0);
      return Promise.resolve(`${shardId} ${from}`);
    },
    read(iterator, limit) {
      const failure = failures.shift();
      if (failure !== undefined) return Promise.reject(Object.assign(new Error(failure), { name: failure }));
      const [shardId = '', from = '0'] = iterator.split(' ');
      const shard = shards[shardId] ?? { records: [], closed: true };
      const found = shard.records.filter((number) => number >= Number(from)).slice(0, limit);
      const next = (found.at(-1) ?? Number(from) - 1) + 1;
      const isAtEnd = shard.closed && next > (shard.records.at(-1) ?? -1);
      const records = found.map((number) => ({ dynamodb: { SequenceNumber: String(number), ApproximateCreationDateTime: new Date() } }));
      return Promise.resolve({ records, nextIterator: isAtEnd ? undefined : `${shardId} ${next}` });
    },
  };
  return { stream, failures, iterators };
}

const numbersOf = (records: readonly DynamoDBRecord[]): number[] => records.map(({ dynamodb }) => Number(dynamodb?.SequenceNumber));

describe('the event source of the table’s stream', () => {
  test('reads each shard in order, and a parent to its end before its children', async () => {
    const { stream } = fakeStream({
      child: { parentId: 'parent', records: [10, 11], closed: false },
      orphan: { parentId: 'long gone', records: [5], closed: false },
      parent: { records: [1, 2, 3], closed: true },
    });
    const seen: number[] = [];
    const mapping = startStreamMapping({
      openStream: () => Promise.resolve(stream),
      handler({ Records }) {
        seen.push(...numbersOf(Records));
        return Promise.resolve({ batchItemFailures: [] });
      },
      now: Date.now,
      log: silentLog,
      batchSize: 2,
    });
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(6);
    await mapping.stop();
    expect(seen.filter((number) => number !== 5)).toEqual([1, 2, 3, 10, 11]);
  });

  test('continues after what it has read when its iterator has expired, and at the oldest record when that was trimmed', async () => {
    const { stream, failures, iterators } = fakeStream({ only: { records: [1, 2, 3, 4], closed: false } });
    const seen: number[] = [];
    const mapping = startStreamMapping({
      openStream: () => Promise.resolve(stream),
      handler({ Records }) {
        seen.push(...numbersOf(Records));
        if (seen.length === 2) failures.push('ExpiredIteratorException');
        return Promise.resolve({ batchItemFailures: [] });
      },
      now: Date.now,
      log: silentLog,
      batchSize: 2,
    });
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([1, 2, 3, 4]);
    failures.push('TrimmedDataAccessException');
    await expect.poll(() => iterators, { timeout: 10_000 }).toEqual(['only oldest', 'only after 2', 'only oldest']);
    await mapping.stop();
  });

  test('skips a record that fails each time, so that the shard is not blocked', async () => {
    const { stream } = fakeStream({ only: { records: [1, 2, 3], closed: false } });
    const tried: number[] = [];
    const done: number[] = [];
    const mapping = startStreamMapping({
      openStream: () => Promise.resolve(stream),
      handler({ Records }) {
        for (const number of numbersOf(Records)) {
          tried.push(number);
          if (number === 2) return Promise.resolve({ batchItemFailures: [{ itemIdentifier: '2' }] });
          done.push(number);
        }
        return Promise.resolve({ batchItemFailures: [] });
      },
      now: Date.now,
      log: silentLog,
      maxTries: 3,
    });
    await expect.poll(() => done, { timeout: 10_000 }).toEqual([1, 3]);
    expect(tried).toEqual([1, 2, 2, 2, 3]);
    await mapping.stop();
  });

  test('skips records older than the limit, and has nothing to do where the table has no stream', async () => {
    const { stream } = fakeStream({ only: { records: [1], closed: true } });
    let events = 0;
    const handler = () => {
      events += 1;
      return Promise.resolve({ batchItemFailures: [] });
    };
    const tomorrow = () => Date.now() + 86_400_000;
    let reads = 0;
    const read: TableStream['read'] = (iterator, limit) => {
      reads += 1;
      return stream.read(iterator, limit);
    };
    const old = startStreamMapping({ openStream: () => Promise.resolve({ ...stream, read }), handler, now: tomorrow, log: silentLog });
    const none = startStreamMapping({ openStream: () => Promise.resolve(undefined), handler, now: Date.now, log: silentLog });
    await expect.poll(() => reads).toBe(1);
    await Promise.all([old.stop(), none.stop()]);
    expect(events).toBe(0);
  });
});
