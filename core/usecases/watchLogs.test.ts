import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeJob } from '../../test/support/jobFactory.ts';
import { memoryEntries } from '../../test/support/memoryEntries.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import { noTelemetry } from '../../telemetry/telemetry.ts';
import { systemClock } from '../clock.ts';
import { latestEventOf, type JobEvent } from '../feed/event.ts';
import type { Feed, FeedListener } from '../feed/feed.ts';
import type { Job, JobStatus } from '../job.ts';
import { LogBuffer } from '../logBuffer.ts';
import { sequenceOf } from '../logLine.ts';
import { createNoteWriter } from './attemptNotes.ts';
import { createWatches, type LoggedLine, type Watch } from './watchJob.ts';

/** A job that the test works on, and a feed whose hints the test delivers or drops. */
function setup({ silenceMs = 40 } = {}) {
  let job = makeJob();
  const { jobId } = job;
  const entries = memoryEntries();
  const listeners = new Set<FeedListener>();
  let isConnected = true;
  let isBroken = false;
  const feed: Feed = {
    publish: () => Promise.resolve(true),
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
  const answer = <Value>(value: () => Value): Promise<Value> =>
    isBroken ? Promise.reject(new Error('the table is away')) : Promise.resolve(value());
  const table = {
    entries: {
      ...entries,
      get: ((kind, key) => (isBroken ? Promise.reject(new Error('away')) : entries.get(kind, key))) satisfies typeof entries.get,
    },
    get: () => answer(() => job),
    getMany: (jobIds: readonly string[]) => answer(() => jobIds.map(() => job)),
  };
  const watches = createWatches({ table, feed, clock: systemClock, log: silentLog, telemetry: noTelemetry }, { pollMs: 5, silenceMs });
  onTestFinished(() => watches.close());
  const writer = createNoteWriter({ entries, jobId, jobTtlDays: 30, now: Date.now });
  const written: string[] = [];

  const deliver = (event: JobEvent): void => {
    for (const listener of listeners) listener.onEvent(event);
  };

  return {
    jobId,
    entries,
    written,
    listeners,
    deliver,
    open: (afterSequence?: number, signal?: AbortSignal) => watches.logs({ owner: job.owner, jobId, afterSequence, signal }),
    logsAs: (owner: string) => watches.logs({ owner, jobId }),
    async attempt(number: number) {
      const note = await writer.begin();
      if (note === undefined) throw new Error('no note');
      await writer.write(note, { generation: 1, number, worker: 'w', startedAt: 1, hasLogs: true });
      const buffer = new LogBuffer();
      let line = 0;
      return {
        async log(messages: readonly string[], isTold = true) {
          for (const message of messages) {
            line += 1;
            buffer.append({ line, at: Date.now(), level: 'info', message });
            written.push(message);
          }
          for (const slot of buffer.takeUnwritten()) await writer.writeSlot(note, slot);
          if (isTold) deliver({ ...latestEventOf(job), logged: sequenceOf(note, line) });
        },
      };
    },
    step(status: JobStatus, isTold = true): void {
      const version = job.version + 1;
      const at = Date.now();
      job = { ...job, status, version, updatedAt: at, history: [...job.history, { version, status, at, attempt: 1 }] } satisfies Job;
      if (isTold) deliver(latestEventOf(job));
    },
    interrupt(connected: boolean): void {
      isConnected = connected;
      for (const listener of listeners) listener.onInterrupted();
    },
    breakTable: (broken: boolean) => (isBroken = broken),
  };
}

const messages = (lines: readonly LoggedLine[]): readonly string[] => lines.map(({ message }) => message);

async function take(watch: Watch<LoggedLine>, count: number): Promise<readonly LoggedLine[]> {
  const lines: LoggedLine[] = [];
  while (lines.length < count) {
    const { value } = await watch.next();
    if (value === undefined) throw new Error('the watch ended');
    lines.push(value);
  }
  return lines;
}

describe('a job’s log, watched', () => {
  test('begins with the first line, sends line by line, and ends when an ended job’s lines are all sent', async () => {
    const { open, attempt, step } = setup({ silenceMs: 60_000 });
    step('PROCESSING');
    const first = await attempt(1);
    await first.log(['a', 'b']);
    const watch = await open();
    expect(messages(await take(watch, 2))).toEqual(['a', 'b']);
    await first.log(['c']);
    expect(messages(await take(watch, 1))).toEqual(['c']);
    const second = await attempt(2);
    await second.log(['d', 'e'], false);
    step('SUCCEEDED');
    const rest = await Array.fromAsync(watch);
    expect(rest).toMatchObject([{ message: 'd', attempt: 2, skipped: 0 }, { message: 'e' }]);
  });

  test('continues after a sequence, in the attempt of that line and in later ones', async () => {
    const { open, attempt, step } = setup();
    step('PROCESSING');
    await (await attempt(1)).log(['a', 'b', 'c']);
    await (await attempt(2)).log(['d']);
    step('SUCCEEDED');
    const all = await Array.fromAsync(await open());
    expect(messages(all)).toEqual(['a', 'b', 'c', 'd']);
    for (const [index, { sequence }] of all.entries()) {
      expect(await Array.fromAsync(await open(sequence))).toEqual(all.slice(index + 1));
    }
  });

  test('cannot read another owner’s log, and accepts no sequence below 0', async () => {
    const { logsAs, open } = setup();
    await expect(logsAs('somebody else')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    await expect(open(-1)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('costs one small read where nothing is logged, and leaves nothing behind', async () => {
    const { open, step, entries, listeners } = setup({ silenceMs: 60_000 });
    step('SUCCEEDED');
    expect(await Array.fromAsync(await open())).toEqual([]);
    expect(entries.counts.reads).toBe(1);
    await expect.poll(() => listeners.size).toBe(0);
    const leaving = new AbortController();
    const watch = await open(undefined, leaving.signal);
    leaving.abort();
    expect(await Array.fromAsync(watch)).toEqual([]);
    await expect.poll(() => listeners.size).toBe(0);
  });

  test('is read again after an outage of the table', async () => {
    const { open, attempt, step, breakTable } = setup();
    step('PROCESSING');
    const watch = await open();
    const first = await attempt(1);
    breakTable(true);
    await first.log(['a']);
    const next = watch.next();
    breakTable(false);
    expect((await next).value).toMatchObject({ message: 'a' });
  });

  test('tells a reader that fell behind how many lines are not kept any more, and sends no line twice', async () => {
    const { open, attempt, step } = setup();
    step('PROCESSING');
    const first = await attempt(1);
    const long = (from: number, count: number): readonly string[] =>
      Array.from({ length: count }, (_, index) => `${from + index} ${'x'.repeat(1000)}`);
    const watch = await open();
    await first.log(long(1, 20));
    const seen = [...(await take(watch, 20))];
    for (let from = 21; from <= 200; from += 20) await first.log(long(from, 20));
    step('SUCCEEDED');
    seen.push(...(await Array.fromAsync(watch)));
    let told = 0;
    for (const { message, skipped } of seen) {
      told += skipped + 1;
      expect(Number.parseInt(message, 10)).toBe(told);
    }
    expect(told).toBe(200);
    expect(seen.length).toBeLessThan(100);
  });

  type Move = { readonly kind: 'log' | 'lose' | 'away' | 'back' | 'attempt' | 'resume' | 'forge'; readonly count: number };
  const moves: fc.Arbitrary<readonly Move[]> = fc.array(
    fc.record({
      kind: fc.constantFrom<Move['kind']>('log', 'log', 'lose', 'lose', 'away', 'back', 'attempt', 'resume', 'forge'),
      count: fc.integer({ min: 1, max: 5 }),
    }),
    { maxLength: 25 },
  );

  test(
    'sends each line once, in order, whatever hints are lost or forged, the feed fails and returns, and watchers leave and resume',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(moves, fc.boolean(), async (todo, isEndTold) => {
          const { open, attempt, step, written, interrupt, deliver, jobId } = setup();
          step('PROCESSING');
          const steady = open().then((watch) => Array.fromAsync(watch));
          let watch = await open();
          const resumed: LoggedLine[] = [];
          let attempts = 1;
          let current = await attempt(attempts);
          for (const { kind, count } of todo) {
            const lines = Array.from({ length: count }, (_, index) => `${written.length + index}`);
            if (kind === 'log' || kind === 'lose') await current.log(lines, kind === 'log');
            else if (kind === 'away' || kind === 'back') interrupt(kind === 'back');
            else if (kind === 'attempt') current = await attempt((attempts += 1));
            else if (kind === 'forge')
              deliver({ jobId, owner: 'other', version: 9, status: 'SUCCEEDED', attempt: 1, at: 1, logged: 2 ** 31 - 1 });
            else {
              // Leaves after some of the lines, and comes back.
              const wanted = Math.min(count, written.length - resumed.length);
              resumed.push(...(await take(watch, wanted)));
              await watch.return();
              watch = await open(resumed.at(-1)?.sequence);
            }
          }
          step('SUCCEEDED', isEndTold);
          resumed.push(...(await Array.fromAsync(watch)));
          expect(messages(resumed)).toEqual(written);
          expect(await steady).toEqual(resumed);
        }),
        { numRuns: 60 },
      );
    },
  );
});
