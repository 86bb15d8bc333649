/** A worker that is killed between any two writes of a job's log: its watchers get the lines in order and without a gap, and go on. */
import { expect, test } from 'vitest';
import { createWatches, type LoggedLine } from '../core/usecases/watchJob.ts';
import { JobError } from '../core/errors.ts';
import { latestEventOf } from '../core/feed/event.ts';
import { createMemoryFeed } from '../core/feed/memory/memoryFeed.ts';
import { systemClock } from '../core/clock.ts';
import type { Job } from '../core/job.ts';
import { noTelemetry } from '../telemetry/telemetry.ts';
import { makeJob } from '../test/support/jobFactory.ts';
import { memoryEntries } from '../test/support/memoryEntries.ts';
import { silentLog } from '../test/support/silentLog.ts';
import { createAttemptLogs, type AttemptLog } from './attemptLog.ts';

const lines = 20;
const textOf = (attempt: number, line: number): string => `${attempt}.${line} ${'x'.repeat(2000)}`;

/** Returns how many writes the first worker made. */
async function play(deadAfter: number): Promise<number> {
  let job: Job = makeJob({ status: 'PROCESSING', version: 2, attempts: 1 });
  const { jobId, owner } = job;
  const entries = memoryEntries();
  const feed = createMemoryFeed();
  const table = { entries, get: () => Promise.resolve(job), getMany: () => Promise.resolve([job]) };
  const watches = createWatches({ table, feed, clock: systemClock, log: silentLog, telemetry: noTelemetry }, { pollMs: 5, silenceMs: 30 });
  const graceOver = new AbortController();
  let writes = 0;

  /** A process whose writes take effect until it is killed, and that does nothing after that. */
  function worker(lives: number, attempt: number) {
    const alive = <Answer>(act: () => Promise<Answer>): Promise<Answer> => {
      if (writes >= lives) return Promise.reject(new JobError('TABLE_UNAVAILABLE'));
      writes += 1;
      return act();
    };
    const own: typeof entries = {
      ...entries,
      create: (kind, draft) => alive(() => entries.create(kind, draft)),
      replace: (kind, known, draft) => alive(() => entries.replace(kind, known, draft)),
      put: (kind, draft) => alive(() => entries.put(kind, draft)),
    };
    const logs = createAttemptLogs(
      {
        core: { table: { entries: own }, feed: { publish: (event) => (writes < lives ? feed.publish(event) : Promise.resolve(false)) } },
        settings: { jobTtlDays: 30 },
        worker: `worker-${attempt}`,
        graceOver: graceOver.signal,
        random: () => 0,
        breaker: { closed: () => Promise.resolve() },
      },
      { job: { ...job, attempts: attempt }, log: silentLog, now: Date.now, durable: undefined },
    );
    return { logs, log: logs.begin(attempt) };
  }

  const write = ({ log }: AttemptLog, attempt: number): void => {
    for (let line = 1; line <= lines; line += 1) log.info(textOf(attempt, line));
  };
  const transition = (status: Job['status']): void => {
    const version = job.version + 1;
    job = { ...job, status, version, history: [...job.history, { version, status, at: Date.now(), attempt: 1 }] };
    void feed.publish(latestEventOf(job));
  };

  const steady = watches.logs({ owner, jobId }).then((watch) => Array.fromAsync(watch));
  const broken = await watches.logs({ owner, jobId });
  const first = worker(deadAfter, 1);
  write(first.log, 1);
  first.log.end({ kind: 'threw', isPermanent: false, error: { code: 'ATTEMPT_FAILED', message: 'x', attempt: 1, at: 1 } });
  await expect
    .poll(() => writes >= deadAfter || writes > 200 || undefined, { timeout: 300, interval: 5 })
    .toBe(true)
    .catch(() => undefined);
  graceOver.abort();
  await first.logs.written();
  const made = writes;

  // Another worker takes the job over, and this watcher was disconnected at its position.
  const seen: LoggedLine[] = [];
  if (made > 2) seen.push(...[(await broken.next()).value].filter((line) => line !== undefined));
  await broken.return();
  transition('PROCESSING');
  const second = worker(Infinity, 2);
  write(second.log, 2);
  second.log.end({ kind: 'returned', result: null });
  await second.logs.written();
  transition('SUCCEEDED');
  seen.push(...(await Array.fromAsync(await watches.logs({ owner, jobId, afterSequence: seen.at(-1)?.sequence }))));

  const told = await steady;
  expect(seen).toEqual(told);
  const sequences = told.map(({ sequence }) => sequence);
  expect(sequences).toEqual([...new Set(sequences)].toSorted((a, b) => a - b));
  for (const attempt of [1, 2]) {
    const messages = told.filter((line) => line.attempt === attempt);
    expect(messages.map(({ message }) => message)).toEqual(messages.map((_, index) => textOf(attempt, index + 1)));
    expect(messages.every(({ skipped }) => skipped === 0)).toBe(true);
    if (attempt === 2) expect(messages).toHaveLength(lines);
  }
  await watches.close();
  return made;
}

test('a worker killed between any two writes of a log leaves no gap and nothing out of order, and watchers go on', async () => {
  for (let deadAfter = 0; ; deadAfter += 1) {
    const made = await play(deadAfter);
    if (made < deadAfter) {
      // The note, two or more slots, and the end of the attempt.
      expect(made).toBeGreaterThan(3);
      return;
    }
  }
});
