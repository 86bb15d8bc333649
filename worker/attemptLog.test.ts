import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { JobError } from '../core/errors.ts';
import type { JobEvent } from '../core/feed/event.ts';
import { attemptRunsOf } from '../core/attemptRuns.ts';
import { readLines, readNotes } from '../core/usecases/attemptNotes.ts';
import { makeJob } from '../test/support/jobFactory.ts';
import { memoryEntries } from '../test/support/memoryEntries.ts';
import { silentLog } from '../test/support/silentLog.ts';
import { ClaimLost, ShuttingDown } from './aborts.ts';
import type { AttemptEnd } from './attempt.ts';
import { createAttemptLogs, flushAfterMs } from './attemptLog.ts';

const returned: AttemptEnd = { kind: 'returned', result: null };
const threw: AttemptEnd = {
  kind: 'threw',
  isPermanent: false,
  error: { code: 'ATTEMPT_FAILED', message: 'no luck', attempt: 1, at: 1 },
  stack: `Error: no luck\n${'    at somewhere\n'.repeat(1000)}`,
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setup({ durable }: { readonly durable?: Promise<void> } = {}) {
  const entries = memoryEntries();
  const job = makeJob({ status: 'PROCESSING', attempts: 1 });
  const told: JobEvent[] = [];
  let isAway = false;
  const graceOver = new AbortController();
  const whenThere = <Answer>(answer: () => Promise<Answer>): Promise<Answer> =>
    isAway ? Promise.reject(new JobError('TABLE_UNAVAILABLE')) : answer();
  const table = {
    entries: {
      ...entries,
      get: ((kind, key) => whenThere(() => entries.get(kind, key))) satisfies typeof entries.get,
      put: ((kind, draft) => whenThere(() => entries.put(kind, draft))) satisfies typeof entries.put,
    },
  };
  const logs = createAttemptLogs(
    {
      core: { table, feed: { publish: (event) => Promise.resolve(told.push(event) > 0) } },
      settings: { jobTtlDays: 30 },
      worker: 'host/1',
      graceOver: graceOver.signal,
      random: () => 0,
      breaker: { closed: () => Promise.resolve() },
    },
    { job, log: silentLog, now: Date.now, durable },
  );
  const reading = { table: { entries } };
  return {
    logs,
    told,
    entries,
    graceOver,
    setAway: (away: boolean) => (isAway = away),
    lines: async () => (await readLines(reading, job.jobId, { after: 0, limit: 10_000 })).map(({ attempt, message }) => [attempt, message]),
    notes: () => readNotes(reading, job.jobId),
    runs: async () => attemptRunsOf(job, await readNotes(reading, job.jobId)),
  };
}

describe('the notes of attempts', () => {
  test('are absent for an attempt that logs nothing and does not fail: no read, no write', async () => {
    const { logs, entries, told } = setup();
    logs.begin(1).end(returned);
    logs.begin(2).end({ kind: 'aborted', reason: new ShuttingDown('now') });
    await logs.written();
    expect(entries.counts).toEqual({ reads: 0, writes: 0 });
    expect(told).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("have a failed attempt's worker and its stack, cut, in two writes", async () => {
    const { logs, entries, runs } = setup();
    logs.begin(1).end(threw);
    await logs.written();
    expect(entries.counts.writes).toBe(2);
    const [run] = await runs();
    expect(run).toMatchObject({ worker: 'host/1', outcome: 'FAILED', hasLogs: false, error: { code: 'ATTEMPT_FAILED' } });
    expect(run?.error?.stack).toHaveLength(8000);
  });

  test('have a log that is written two seconds after a line, and then announced', async () => {
    const { logs, lines, told } = setup();
    const { log } = logs.begin(1);
    log.info('a');
    await vi.advanceTimersByTimeAsync(flushAfterMs - 1);
    log.warn('b');
    expect(await lines()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await lines()).toEqual([
      [1, 'a'],
      [1, 'b'],
    ]);
    expect(told.map(({ logged }) => logged)).toEqual([2]);
  });

  test('are written at once where 16 KB are full, and every two seconds at most while the head fills', async () => {
    const { logs, entries, lines } = setup();
    const { log } = logs.begin(1);
    for (let line = 0; line < 17; line += 1) log.info('x'.repeat(1000));
    await vi.advanceTimersByTimeAsync(0);
    expect(await lines()).toHaveLength(17);
    for (let line = 0; line < 20; line += 1) log.info('x'.repeat(1000));
    await vi.advanceTimersByTimeAsync(0);
    const { writes } = entries.counts;
    for (let line = 0; line < 10_000; line += 1) log.info('x'.repeat(1000));
    await vi.advanceTimersByTimeAsync(flushAfterMs / 2);
    expect(entries.counts.writes).toBe(writes);
    await vi.advanceTimersByTimeAsync(flushAfterMs / 2);
    expect(entries.counts.writes).toBeLessThanOrEqual(writes + 3);
  });

  test('are complete when an attempt has ended, before the next one’s lines, and without what its handler logs later', async () => {
    const { logs, lines } = setup();
    const first = logs.begin(1);
    first.log.info('a');
    first.end(threw);
    first.log.info('late');
    const second = logs.begin(2);
    second.log.info('b');
    second.end(returned);
    await logs.written();
    expect(await lines()).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('are kept while the table is away, and written when it answers', async () => {
    const { logs, lines, setAway, told } = setup();
    const { log, end } = logs.begin(1);
    setAway(true);
    log.info('a');
    await vi.advanceTimersByTimeAsync(10 * flushAfterMs);
    log.info('b');
    expect(told).toEqual([]);
    setAway(false);
    await vi.advanceTimersByTimeAsync(flushAfterMs);
    expect(await lines()).toEqual([
      [1, 'a'],
      [1, 'b'],
    ]);
    setAway(true);
    log.info('c');
    end(returned);
    await vi.advanceTimersByTimeAsync(10 * flushAfterMs);
    setAway(false);
    await vi.advanceTimersByTimeAsync(10_000);
    await logs.written();
    expect(await lines()).toEqual([
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
    ]);
  });

  test('are given up when the worker must stop and the table does not answer', async () => {
    const { logs, setAway, graceOver } = setup();
    setAway(true);
    const { log, end } = logs.begin(1);
    log.info('a');
    end(returned);
    graceOver.abort(new ShuttingDown('now'));
    await logs.written();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('are not continued by a worker that has lost the claim, nor announced before the claim is durable', async () => {
    const claimed = Promise.withResolvers<void>();
    const { logs, lines, told } = setup({ durable: claimed.promise });
    const { log, end } = logs.begin(1);
    log.info('a');
    await vi.advanceTimersByTimeAsync(flushAfterMs);
    expect(told).toEqual([]);
    claimed.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toHaveLength(1);
    log.info('b');
    end({ kind: 'aborted', reason: new ClaimLost('gone') });
    await logs.written();
    expect(await lines()).toEqual([[1, 'a']]);
  });

  test('contain whatever a handler logs: fields that are not JSON, endless texts, halves of characters', async () => {
    const { logs, lines } = setup();
    const { log, end } = logs.begin(1);
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.info('x'.repeat(100_000), circle);
    log.error('\ud800', { toJSON: () => undefined });
    log.info('', { n: 1n });
    end(returned);
    await logs.written();
    expect((await lines()).map(([, message]) => String(message).length)).toEqual([4001, 1, 0]);
  });
});
