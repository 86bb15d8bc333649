import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Job, JobStatus } from '../../core/job.ts';
import { transitions } from '../../core/transitions.ts';
import { inline, makeJob } from '../support/jobFactory.ts';
import type { Counts, History, Invariant, OwnerWatcher, SeenEvent, Watcher, Write } from './history.ts';
import { checkHistory } from './historyChecker.ts';

/** A job that went through these states, the claim of version n being `claim-n`. */
function jobThrough(statuses: readonly JobStatus[], changes: Partial<Job> = {}): Job {
  const history = statuses.map((status, index) => ({ version: index + 1, status, at: index, attempt: 1 }));
  return makeJob({ status: statuses.at(-1) ?? 'PENDING', version: statuses.length, history, ...changes });
}

function writesOf({ jobId, history }: Job): Write[] {
  let generation = 1;
  return history.map(({ version, status }, index) => {
    const before = history[index - 1]?.status;
    if (status === 'PENDING' && before !== undefined && before !== 'PROCESSING') generation += 1;
    const fence = before === 'PROCESSING' && status !== 'PROCESSING' ? `claim-${version - 1}` : undefined;
    return {
      jobId,
      version,
      status,
      generation,
      claimId: status === 'PROCESSING' ? `claim-${version}` : undefined,
      fence,
      isTransition: true,
    };
  });
}

function watcherOf({ owner, jobId, history }: Job): Watcher {
  return { owner, jobId, events: history.map(({ version, status, attempt }) => ({ jobId, version, status, attempt })), end: 'completed' };
}

function historyOf(...jobs: readonly Job[]): History {
  return {
    accepted: jobs.map(({ owner, jobId, idempotencyKey }) => ({ owner, jobId, idempotencyKey, created: true })),
    watchers: jobs.map(watcherOf),
    writes: jobs.flatMap(writesOf),
    table: jobs,
  };
}

const good = jobThrough(['PENDING', 'PROCESSING', 'PENDING', 'PROCESSING', 'SUCCEEDED'], { idempotencyKey: 'key' });
const invariantsBrokenBy = (history: History): Invariant[] => [...new Set(checkHistory(history).map(({ invariant }) => invariant))];

/** The good history, with its only watcher's events changed. */
function watchedAs(change: (events: readonly SeenEvent[]) => readonly SeenEvent[], end: Watcher['end'] = 'completed'): History {
  const history = historyOf(good);
  return { ...history, watchers: history.watchers.map((watcher) => ({ ...watcher, events: change(watcher.events), end })) };
}

test('finds nothing in a good run, with retries, takeovers, gaps that were told and progress', () => {
  const retried = jobThrough(['PENDING', 'PROCESSING', 'PROCESSING', 'FAILED_FINAL', 'PENDING', 'CANCELLED']);
  const history = historyOf(good, { ...retried, owner: 'owner-2' });
  const untilFailed = { ...watcherOf({ ...retried, owner: 'owner-2' }), events: watcherOf(retried).events.slice(0, 4) };
  const late = watchedAs((events) =>
    events.filter(({ version }) => version !== 3).map((event) => ({ ...event, recovered: event.version !== 4 })),
  );
  const progressing = watchedAs((events) =>
    events.flatMap((event) => (event.version === 4 ? [event, { ...event, progress: 50 }] : [event])),
  );
  expect(checkHistory({ ...history, watchers: [...history.watchers, untilFailed, ...late.watchers, ...progressing.watchers] })).toEqual([]);
});

test('finds nothing in any run that the table of transitions allows', () => {
  const run = fc.array(fc.nat(20), { maxLength: 12 }).map((choices) => {
    const statuses: JobStatus[] = ['PENDING'];
    for (const choice of choices) {
      const from = statuses.at(-1) ?? 'PENDING';
      const next = transitions.filter((row) => (row.from as readonly JobStatus[]).includes(from)).map(({ to }) => to);
      const to = next[choice % Math.max(1, next.length)];
      if (to !== undefined) statuses.push(to);
    }
    const last = statuses.at(-1) ?? 'PENDING';
    if (last === 'PENDING') statuses.push('CANCELLED');
    if (last === 'PROCESSING') statuses.push('SUCCEEDED');
    return jobThrough(statuses);
  });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 5 }), (jobs) => {
      const history = historyOf(...jobs);
      // Stuck jobs that are retried begin a generation without an end; their fences are the retry's, which has none.
      const writes = history.writes?.map((write) => (write.status === 'PENDING' ? { ...write, fence: undefined } : write));
      expect(checkHistory({ ...history, writes: writes?.map((write) => ({ ...write, generation: write.version })) })).toEqual([]);
    }),
  );
});

test('I1: finds a job that left a final state without a retry, and one with a hole in its history', () => {
  const twice = jobThrough(['PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED_FINAL']);
  expect(invariantsBrokenBy({ ...historyOf(twice), watchers: [] })).toEqual(['I1']);
  const hole = { ...good, history: good.history.filter(({ version }) => version !== 3) };
  expect(invariantsBrokenBy({ ...historyOf(hole), writes: undefined, watchers: [] })).toEqual(['I1']);
});

test('I1: finds a generation that ended twice, and a version that two have written', () => {
  const history = historyOf(good);
  const [first] = writesOf(good).slice(-1);
  if (first === undefined) throw new Error('the job has no writes');
  expect(invariantsBrokenBy({ ...history, writes: [...(history.writes ?? []), first] })).toEqual(['I1']);
  const other: Write = { ...first, version: 6, status: 'CANCELLED', fence: undefined };
  expect(invariantsBrokenBy({ ...history, writes: [...(history.writes ?? []), other] })).toEqual(['I1']);
});

test('I2: finds an accepted job that is not in the table, and one that never ended', () => {
  expect(invariantsBrokenBy({ ...historyOf(good), table: [], writes: undefined })).toEqual(['I2']);
  expect(invariantsBrokenBy({ ...historyOf(jobThrough(['PENDING', 'PROCESSING'])), watchers: [] })).toEqual(['I2']);
});

test('I3: finds what a watcher missed without being told, saw twice, out of order or wrong', () => {
  expect(invariantsBrokenBy(watchedAs((events) => events.filter(({ version }) => version !== 3)))).toEqual(['I3']);
  expect(invariantsBrokenBy(watchedAs((events) => events.flatMap((event) => [event, event])))).toEqual(['I3']);
  expect(invariantsBrokenBy(watchedAs((events) => events.toReversed(), 'left'))).toEqual(['I3']);
  expect(
    invariantsBrokenBy(watchedAs((events) => events.map((event) => (event.version === 3 ? { ...event, status: 'CANCELLED' } : event)))),
  ).toEqual(['I3']);
});

test('I3: finds a watcher whose subscription ended before the job did, or with an error', () => {
  expect(invariantsBrokenBy(watchedAs((events) => events.slice(0, 4)))).toEqual(['I3']);
  expect(invariantsBrokenBy(watchedAs((events) => events, { error: 'FEED_INTERRUPTED' }))).toEqual(['I3']);
  expect(invariantsBrokenBy(watchedAs(() => []))).toEqual(['I3']);
});

/** A good run, and one watcher of all of its owner's jobs. */
function watchedByOwner(change: (events: readonly SeenEvent[]) => readonly SeenEvent[], watcher: Partial<OwnerWatcher> = {}): History {
  const other = jobThrough(['PENDING', 'CANCELLED']);
  const history = historyOf(good, other);
  const events = change([...watcherOf(good).events.slice(0, 3), ...watcherOf(other).events, ...watcherOf(good).events.slice(3)]);
  return { ...history, ownerWatchers: [{ owner: good.owner, since: -1, events, end: 'left', ...watcher }] };
}

test('I3: finds nothing wrong with a watcher of all jobs that came late, or was told that it was interrupted', () => {
  expect(checkHistory(watchedByOwner((events) => events))).toEqual([]);
  expect(checkHistory(watchedByOwner((events) => events.filter(({ version }) => version > 1), { since: 0 }))).toEqual([]);
  expect(checkHistory(watchedByOwner((events) => events.slice(0, 2), { end: 'interrupted' }))).toEqual([]);
});

test('I3: finds what a watcher of all jobs missed without being told, saw twice or out of order', () => {
  expect(invariantsBrokenBy(watchedByOwner((events) => events.filter(({ version }) => version !== 3)))).toEqual(['I3']);
  expect(invariantsBrokenBy(watchedByOwner((events) => events.slice(0, -1)))).toEqual(['I3']);
  expect(invariantsBrokenBy(watchedByOwner((events) => events.filter(({ jobId }) => jobId === good.jobId)))).toEqual(['I3']);
  expect(invariantsBrokenBy(watchedByOwner((events) => events.flatMap((event) => [event, event])))).toEqual(['I3']);
  expect(invariantsBrokenBy(watchedByOwner((events) => events.toReversed(), { end: 'interrupted' }))).toEqual(['I3']);
  expect(invariantsBrokenBy(watchedByOwner((events) => events, { end: { error: 'TABLE_UNAVAILABLE' } }))).toEqual(['I3']);
});

test('I4: finds a write under a claim that was taken over, and one that nobody was seen to make', () => {
  const takenOver = jobThrough(['PENDING', 'PROCESSING', 'PROCESSING', 'SUCCEEDED']);
  const history = historyOf(takenOver);
  const zombie = history.writes?.map((write) => (write.status === 'SUCCEEDED' ? { ...write, fence: 'claim-2' } : write));
  expect(invariantsBrokenBy({ ...history, writes: zombie })).toEqual(['I4']);
  const renewal: Write = {
    jobId: takenOver.jobId,
    version: 3,
    status: 'PROCESSING',
    generation: 1,
    claimId: 'claim-3',
    fence: 'claim-2',
    isTransition: false,
  };
  expect(invariantsBrokenBy({ ...history, writes: [...(history.writes ?? []), renewal] })).toEqual(['I4']);
  expect(invariantsBrokenBy({ ...history, writes: history.writes?.filter(({ version }) => version !== 4) })).toEqual(['I4']);
});

test('I5: finds a key with two jobs, and a job that was created twice', () => {
  const history = historyOf(good, jobThrough(['PENDING', 'CANCELLED'], { idempotencyKey: 'key' }));
  expect(invariantsBrokenBy(history)).toEqual(['I5']);
  expect(invariantsBrokenBy(historyOf(good, jobThrough(['PENDING', 'CANCELLED'], { idempotencyKey: 'key', owner: 'owner-2' })))).toEqual(
    [],
  );
  const once = historyOf(good);
  expect(invariantsBrokenBy({ ...once, accepted: [...once.accepted, ...once.accepted] })).toEqual(['I5']);
});

test('I6: finds an event of another owner’s job, and of another job', () => {
  const foreign = jobThrough(['PENDING', 'CANCELLED'], { owner: 'owner-2' });
  const history = historyOf(good, foreign);
  const eavesdropper: Watcher = { ...watcherOf(foreign), owner: 'owner-1' };
  expect(invariantsBrokenBy({ ...history, watchers: [eavesdropper] })).toEqual(['I6']);
  const [stray] = watcherOf(foreign).events;
  if (stray === undefined) throw new Error('no event');
  expect(invariantsBrokenBy(watchedAs((events) => [...events, stray]))).toEqual(['I6']);
  const ofAll = watchedByOwner((events) => [...events, stray]);
  expect(invariantsBrokenBy({ ...ofAll, table: [...ofAll.table, foreign], writes: undefined })).toEqual(['I6']);
});

/** The good run's writes, as the table counted them: the fourth is the claim that follows a failure. */
function countedAs(
  change: (write: Write, counts: Counts) => Partial<Counts>,
  statuses: readonly JobStatus[] = good.history.map(({ status }) => status),
): History {
  const job = jobThrough(statuses, { params: inline({ failAttempts: 1 }) });
  const history = historyOf(job);
  const writes = history.writes?.map((write): Write => {
    const failures = write.version < 3 ? 0 : 1;
    const counts = {
      failures,
      maxFailures: 9,
      losses: 0,
      maxLosses: 3,
      cancelRequested: false,
      updatedAt: write.version * 10,
      seenAt: write.version * 10,
    };
    return { ...write, counts: { ...counts, ...change(write, counts) } };
  });
  return { ...history, writes };
}
const untilReleased = ['PENDING', 'PROCESSING', 'PENDING'] as const satisfies readonly JobStatus[];

test('I7: finds a job that was ended for none of the causes there are', () => {
  expect(checkHistory(countedAs(() => ({})))).toEqual([]);
  expect(invariantsBrokenBy(countedAs(() => ({}), [...untilReleased, 'FAILED_FINAL']))).toEqual(['I7']);
  expect(
    invariantsBrokenBy(countedAs(({ version }) => (version === 5 ? { losses: 1 } : {}), [...untilReleased, 'PROCESSING', 'FAILED_FINAL'])),
  ).toEqual(['I7']);
  expect(checkHistory(countedAs(() => ({ maxFailures: 1 }), [...untilReleased, 'FAILED_FINAL']))).toEqual([]);
  expect(invariantsBrokenBy(countedAs(() => ({}), [...untilReleased, 'PROCESSING', 'CANCELLED']))).toEqual(['I7']);
  expect(
    checkHistory(countedAs(({ version }) => ({ cancelRequested: version >= 4 }), [...untilReleased, 'PROCESSING', 'CANCELLED'])),
  ).toEqual([]);
  expect(invariantsBrokenBy(countedAs(() => ({}), [...untilReleased, 'FAILED']))).toEqual(['I7']);
});

test('I8: finds an attempt that began before it was due, by its writer’s word or by the recorder’s clock', () => {
  expect(invariantsBrokenBy(countedAs(() => ({ dueAt: 40 })))).toEqual(['I8']);
  expect(invariantsBrokenBy(countedAs(({ version }) => (version < 3 ? {} : { dueAt: 41 })))).toEqual(['I8']);
  expect(invariantsBrokenBy(countedAs(({ version }) => (version < 3 ? {} : { dueAt: 41, updatedAt: 41 })))).toEqual(['I8']);
  expect(checkHistory(countedAs(({ version }) => (version < 3 ? {} : { dueAt: 40 })))).toEqual([]);
});

test('I9: finds counters that a stop, a duplicate or an outage changed', () => {
  expect(invariantsBrokenBy(countedAs(({ version }) => (version > 3 ? { failures: 0 } : {})))).toEqual(['I9']);
  expect(invariantsBrokenBy(countedAs(({ version }) => (version > 2 ? { failures: 2 } : {})))).toEqual(['I9']);
  expect(invariantsBrokenBy(countedAs(({ version }) => (version > 3 ? { losses: 1 } : {})))).toEqual(['I9']);
  // One failure that is counted by a claim, and not by the release before.
  expect(invariantsBrokenBy(countedAs(({ version }) => (version > 3 ? { failures: 2 } : {})))).toEqual(['I9']);
});

test('I10: finds the progress of an attempt that goes back', () => {
  const progressing = (...steps: readonly number[]): History =>
    watchedAs((events) =>
      events.flatMap((event) => (event.version === 4 ? [event, ...steps.map((progress) => ({ ...event, progress }))] : [event])),
    );
  expect(checkHistory(progressing(22, 44))).toEqual([]);
  expect(invariantsBrokenBy(progressing(44, 22))).toEqual(['I10']);
});
