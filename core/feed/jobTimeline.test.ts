/** Compares the timeline with a simple oracle: random jobs, and a feed that loses, doubles, delays and drops messages. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeJob } from '../../test/support/jobFactory.ts';
import { isFinal, type Job, type JobStatus } from '../job.ts';
import { latestEventOf, type JobEvent } from './event.ts';
import { JobTimeline } from './jobTimeline.ts';
import type { WatchedEvent } from './watch.ts';

const keptHistory = 50;

/** What can happen to a job, retries included. */
const followers: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  PENDING: ['PROCESSING', 'CANCELLED', 'PENDING'],
  PROCESSING: ['PROCESSING', 'PENDING', 'SUCCEEDED', 'FAILED_FINAL'],
  SUCCEEDED: [],
  FAILED: ['PENDING'],
  FAILED_FINAL: ['PENDING'],
  CANCELLED: ['PENDING'],
};

/** The next record, as a writer would leave it. Undefined where nothing can follow. */
function stepped(job: Job, choice: number): Job | undefined {
  const possible = followers[job.status];
  const status = possible[choice % possible.length];
  if (status === undefined) return undefined;
  const isRetry = isFinal(job.status);
  const attempts = isRetry ? 0 : job.attempts + (status === 'PROCESSING' ? 1 : 0);
  const version = job.version + 1;
  const at = job.updatedAt + 1;
  return {
    ...job,
    status,
    version,
    attempts,
    updatedAt: at,
    generation: job.generation + (isRetry ? 1 : 0),
    progress: isRetry ? undefined : job.progress,
    history: [...job.history, { version, status, at, attempt: attempts }].slice(-keptHistory),
  };
}

const commands = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('step' as const), choice: fc.nat(5) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('progress' as const), percent: fc.nat(100), isSaved: fc.boolean() }) },
    // Any hint published so far: it may come for the first time, again, or late.
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('deliver' as const), which: fc.nat(200) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('latest' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const) }) },
  ),
  { maxLength: 120 },
);

describe('the timeline of a job', () => {
  test('sends each version once and in order, with the status before it and with progress that never falls, whatever comes', () => {
    fc.assert(
      fc.property(commands, fc.nat(6), (steps, beginAt) => {
        let job: Job = makeJob();
        const truth = new Map<number, JobStatus>([[1, 'PENDING']]);
        const hints: JobEvent[] = [latestEventOf(job)];
        let live: number | undefined;
        for (let count = 0; count < beginAt; count += 1) transitionJob(count);
        const timeline = new JobTimeline();
        const told: WatchedEvent[] = [];
        timeline.begin(latestEventOf(job));
        const begunAt = job.version;

        function transitionJob(choice: number): void {
          const next = stepped(job, choice);
          if (next === undefined) return;
          job = next;
          live = undefined;
          truth.set(job.version, job.status);
          hints.push(latestEventOf(job));
        }

        for (const step of steps) {
          if (step.kind === 'step') transitionJob(step.choice);
          if (step.kind === 'progress' && job.status === 'PROCESSING') {
            live = Math.max(live ?? 0, step.percent);
            if (step.isSaved) job = { ...job, progress: live };
            const { jobId, owner, version, status, attempts: attempt, updatedAt } = job;
            hints.push({ jobId, owner, version, status, attempt, at: updatedAt + hints.length, progress: live });
          }
          if (step.kind === 'read') told.push(...timeline.catchUp(job));
          const hint = step.kind === 'deliver' ? hints[step.which % hints.length] : step.kind === 'latest' ? hints.at(-1) : undefined;
          if (hint === undefined) continue;
          const judgement = timeline.judge(hint, Date.now());
          if (judgement === 'gap') told.push(...timeline.catchUp(job));
          else if (judgement === 'unconfirmed') told.push(...timeline.catchUp(job, hint.version));
          else if (judgement !== 'old') told.push(timeline.take(hint));
        }
        told.push(...timeline.catchUp(job));

        let last = { version: begunAt, attempt: -1, progress: -1 };
        for (const event of told) {
          const { version, status, previousStatus, attempt, progress = -1, recovered } = event;
          expect(status).toBe(truth.get(version));
          if (previousStatus !== undefined || recovered !== false) expect(previousStatus).toBe(truth.get(version - 1));
          if (version === last.version) {
            if (attempt === last.attempt) expect(progress).toBeGreaterThan(last.progress);
            else expect(attempt).toBeGreaterThan(last.attempt);
          } else if (recovered !== false) expect(version).toBe(last.version + 1);
          else expect(version).toBeGreaterThan(last.version + 1);
          last = { version, attempt, progress };
        }
        expect(timeline.version).toBe(job.version);
      }),
      { numRuns: 2000 },
    );
  });

  test('sends an update of a version with the status before that version, like its transition', () => {
    const timeline = new JobTimeline();
    const job = makeJob();
    timeline.take(latestEventOf(job));
    const running = stepped(job, 0);
    if (running === undefined) throw new Error('nothing follows');
    timeline.take(latestEventOf(running));
    const { jobId, owner, version, status, attempts: attempt, updatedAt } = running;
    const update: JobEvent = { jobId, owner, version, status, attempt, at: updatedAt + 5, progress: 10 };
    expect(timeline.judge(update, Date.now())).toBe('update');
    expect(timeline.take(update)).toMatchObject({ version: 2, previousStatus: 'PENDING', progress: 10 });
    expect(timeline.judge(update, Date.now())).toBe('old');
  });

  test('begins the progress of a new attempt at zero, whatever the attempt before had reached', () => {
    const timeline = new JobTimeline();
    const running = latestEventOf(makeJob({ status: 'PROCESSING', version: 2, attempts: 1 }));
    timeline.begin(running);
    timeline.take({ ...running, progress: 90 });
    expect(timeline.take({ ...running, attempt: 2, progress: 90 }).progress).toBeUndefined();
    expect(timeline.judge({ ...running, attempt: 1, progress: 95 }, Date.now())).toBe('old');
    expect(timeline.take({ ...running, attempt: 2, progress: 5 }).progress).toBe(5);
  });
});
