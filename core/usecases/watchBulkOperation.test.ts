import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeJob } from '../../test/support/jobFactory.ts';
import { memoryEntries } from '../../test/support/memoryEntries.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import { noTelemetry } from '../../telemetry/telemetry.ts';
import { systemClock } from '../clock.ts';
import type { JobEvent } from '../feed/event.ts';
import type { Feed, FeedListener } from '../feed/feed.ts';
import { bulkKind, isOver, type BulkOperation } from './bulkOperations.ts';
import { statesAfter, tellOfBulk } from './watchBulkOperation.ts';
import { createWatches, type Watch } from './watchJob.ts';

const operationId = 'OPERATION';
const createdBy = 'owner-1';

/** An operation that the test runs, and a feed whose hints the test delivers or drops. */
async function setup({ silenceMs = 40 } = {}) {
  const entries = memoryEntries();
  const listeners = new Set<FeedListener>();
  let isConnected = true;
  let isBroken = false;
  let isTold = true;
  const deliver = (event: JobEvent): Promise<boolean> => {
    if (isTold) for (const listener of listeners) listener.onEvent(event);
    return Promise.resolve(isTold);
  };
  const feed: Feed = {
    publish: deliver,
    subscribe(_channel, listener) {
      listeners.add(listener);
      return Promise.resolve();
    },
    unsubscribe(_channel, listener) {
      listeners.delete(listener);
      return Promise.resolve();
    },
    isConnected: () => isConnected,
    close: () => Promise.resolve(),
  };
  const get: typeof entries.get = (kind, key) => (isBroken ? Promise.reject(new Error('away')) : entries.get(kind, key));
  const table = { entries: { ...entries, get }, get: () => Promise.resolve(makeJob()), getMany: () => Promise.resolve([]) };
  const watches = createWatches({ table, feed, clock: systemClock, log: silentLog, telemetry: noTelemetry }, { pollMs: 5, silenceMs });
  onTestFinished(() => watches.close());
  let operation: BulkOperation = {
    operationId,
    createdBy,
    owner: createdBy,
    action: 'RETRY',
    filter: { type: ['x'] },
    isDryRun: false,
    maxPerSecond: 100,
    status: 'PENDING',
    version: 1,
    matched: 0,
    done: 0,
    skipped: 0,
    failed: 0,
    errors: {},
    createdAt: 1,
    upTo: 1,
    isAtEnd: false,
    nextAt: 1,
  };
  const put = (): Promise<unknown> => entries.put(bulkKind, { key: operationId, value: operation });
  await put();

  return {
    watches,
    listeners,
    deliver,
    present: () => operation,
    async change(changes: Partial<BulkOperation>, isHeard = true): Promise<void> {
      const version = operation.version + 1;
      operation = { ...operation, ...changes, version, ...(changes.status === 'RUNNING' ? { startedVersion: version } : {}) };
      await put();
      isTold = isHeard;
      tellOfBulk(feed, operation);
      isTold = true;
    },
    open: (afterVersion?: number, signal?: AbortSignal) => watches.bulkOperation({ owner: createdBy, operationId, afterVersion, signal }),
    interrupt(connected: boolean): void {
      isConnected = connected;
      for (const listener of listeners) listener.onInterrupted();
    },
    breakTable: (broken: boolean) => (isBroken = broken),
  };
}

/** Sent in order, each state once, and in the end all. */
function checkTold(told: readonly BulkOperation[], last: BulkOperation): void {
  for (const [index, { version, done }] of told.entries()) {
    const before = told[index - 1];
    if (before !== undefined) expect(version).toBeGreaterThan(before.version);
    expect(done).toBeGreaterThanOrEqual(before?.done ?? 0);
  }
  expect(told.at(-1)).toEqual(last);
}

const states = (told: readonly BulkOperation[]): readonly string[] => [...new Set(told.map(({ status }) => status))];

async function take(watch: Watch<BulkOperation>): Promise<BulkOperation> {
  const { value } = await watch.next();
  if (value === undefined) throw new Error('the watch ended');
  return value;
}

describe('a bulk operation, watched', () => {
  test('starts with its present state, then sends change by change, and ends when the operation has ended', async () => {
    const { open, change, present, listeners } = await setup({ silenceMs: 60_000 });
    const watch = await open();
    expect(await take(watch)).toMatchObject({ status: 'PENDING', version: 1 });
    await change({ status: 'RUNNING' });
    expect(await take(watch)).toMatchObject({ status: 'RUNNING', version: 2 });
    await change({ matched: 5 });
    expect(await take(watch)).toMatchObject({ matched: 5, version: 3 });
    await change({ status: 'COMPLETED', done: 5 });
    expect(await Array.fromAsync(watch)).toEqual([present()]);
    await expect.poll(() => listeners.size).toBe(0);
  });

  test('continues after a version, sends a beginning that was missed, and nothing twice', async () => {
    const { open, change, present } = await setup();
    await change({ status: 'RUNNING' });
    await change({ matched: 5, done: 3 });
    await change({ status: 'COMPLETED', done: 5 });
    expect(await Array.fromAsync(await open(1))).toMatchObject([{ status: 'RUNNING', version: 2, done: 0 }, present()]);
    expect(await Array.fromAsync(await open(2))).toEqual([present()]);
    expect(await Array.fromAsync(await open())).toEqual([present()]);
    expect(await Array.fromAsync(await open(present().version))).toEqual([]);
    expect(statesAfter(present(), 99)).toEqual([]);
  });

  test('sends conflated counts to a slow consumer', async () => {
    const { open, change } = await setup({ silenceMs: 60_000 });
    const watch = await open();
    await take(watch);
    await change({ status: 'RUNNING' });
    for (let done = 1; done <= 50; done += 1) await change({ matched: done, done });
    await change({ status: 'COMPLETED' });
    const told = await Array.fromAsync(watch);
    expect(states(told)).toEqual(['RUNNING', 'COMPLETED']);
    expect(told.length).toBeLessThan(5);
  });

  test('cannot watch another owner’s operation, accepts no version below 0, and ends when the server shuts down', async () => {
    const { watches, open } = await setup();
    await expect(watches.bulkOperation({ owner: 'somebody else', operationId })).rejects.toMatchObject({
      code: 'BULK_OPERATION_NOT_FOUND',
    });
    await expect(watches.bulkOperation({ owner: createdBy, operationId: 'none' })).rejects.toMatchObject({
      code: 'BULK_OPERATION_NOT_FOUND',
    });
    await expect(open(-1)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    const watch = await open();
    await take(watch);
    const next = watch.next();
    await watches.close();
    await expect(next).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await expect(open()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  test('leaves nothing behind when its watcher leaves', async () => {
    const { open, listeners } = await setup();
    const leaving = new AbortController();
    const watch = await open(undefined, leaving.signal);
    await take(watch);
    leaving.abort();
    expect(await Array.fromAsync(watch)).toEqual([]);
    await expect.poll(() => listeners.size).toBe(0);
  });

  type Move = { readonly kind: 'count' | 'lose' | 'away' | 'back' | 'break' | 'mend' | 'resume' | 'forge' };
  const moves: fc.Arbitrary<readonly Move[]> = fc.array(
    fc.record({
      kind: fc.constantFrom<Move['kind']>('count', 'count', 'lose', 'lose', 'away', 'back', 'break', 'mend', 'resume', 'forge'),
    }),
    { maxLength: 20 },
  );

  test(
    'sends each state once and in order, whatever hints are lost or forged, feed and table fail and return, and watchers leave and resume',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(moves, fc.boolean(), fc.boolean(), async (todo, isBeginTold, isEndTold) => {
          const { open, change, present, interrupt, deliver, breakTable } = await setup();
          const steady = await open();
          let watch = await open();
          const resumed = [await take(watch)];
          const first = await take(steady);
          const rest = Array.fromAsync(steady);
          await change({ status: 'RUNNING' }, isBeginTold);
          for (const { kind } of todo) {
            const { done } = present();
            if (kind === 'count' || kind === 'lose') await change({ matched: done + 1, done: done + 1 }, kind === 'count');
            else if (kind === 'away' || kind === 'back') interrupt(kind === 'back');
            else if (kind === 'break' || kind === 'mend') breakTable(kind === 'break');
            else if (kind === 'forge')
              await deliver({
                jobId: operationId,
                owner: 'other',
                version: 9,
                status: 'SUCCEEDED',
                attempt: 1,
                at: 1,
                logged: 2 ** 31 - 1,
              });
            else {
              breakTable(false);
              if ((resumed.at(-1)?.version ?? 0) < present().version) resumed.push(await take(watch));
              await watch.return();
              watch = await open(resumed.at(-1)?.version);
            }
          }
          breakTable(false);
          await change({ status: 'COMPLETED' }, isEndTold);
          resumed.push(...(await Array.fromAsync(watch)));
          for (const told of [resumed, [first, ...(await rest)]]) {
            checkTold(told, present());
            expect(states(told)).toEqual(['PENDING', 'RUNNING', 'COMPLETED']);
            expect(told.filter(isOver)).toHaveLength(1);
          }
        }),
        { numRuns: 40 },
      );
    },
  );
});
