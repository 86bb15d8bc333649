/**
 * Finds the open jobs that no message names any more (a crash between put and send, a message or a whole queue that was lost, a
 * claim that ran out without a redelivery) and sends them again. It pages through all open jobs, oldest first, with a cursor
 * that outlives its runs; it gives no job up.
 */
import { encodeTime } from 'ulid';
import type { ServiceTime } from '../clock.ts';
import { JobError } from '../errors.ts';
import type { Job, JobPriority } from '../job.ts';
import type { SweepState } from '../table/jobTable.ts';
import { verdictOn, type Verdict } from '../verdict.ts';
import type { Core } from './core.ts';
import { endJob } from './endJob.ts';
import { sendMessage } from './sendMessage.ts';
import { longerOf, longestWaits, noWaits, type Waits } from './longestWaits.ts';
import { readEach } from './readEach.ts';
import { renewedParams } from './renewedParams.ts';
import { missingTypes } from './workers.ts';
import { tellWebhooks } from './tellWebhooks.ts';

export interface SweepReport {
  readonly looked: number;
  readonly sentAgain: number;
  readonly ended: number;
  /** Sent again too, but not lost: no running worker knows their type, and workers without it pass a message on, late. */
  readonly unknown: number;
  /** Records that could not be read, sent or written: each was skipped, and is looked at again in the next pass. */
  readonly failed: number;
  /** Nothing was looked at: after an outage, workers with claims come first. */
  readonly isSkipped: boolean;
  /** Of the jobs that this run looked at: the longest waits, in milliseconds. */
  readonly waits: Waits;
  /** This run completed a pass through all open jobs. */
  readonly endsPass: boolean;
  /** The last completed pass through all open jobs. */
  readonly lastPass: SweepState['lastPass'];
}

/** As many as one read of the table takes. */
const pageSize = 100;
/** While its queue has a backlog, a waiting job most likely has its message there. */
const backlogFactor = 30;
/** The waiting time doubles each time a job was sent, up to this. */
const maxPatienceMs = 900_000;
/** The most that a run may read for the time since the last one; a longer time allows no more. */
const maxSavedMs = 120_000;

/**
 * Two sweeps at once do no harm: the receiver of an extra message finds that the job has a worker or has ended. @throws
 * {JobError} `TABLE_UNAVAILABLE`.
 */
export async function sweepJobs(core: Core): Promise<SweepReport> {
  const { table, settings } = core;
  const began = await table.time();
  const state = await table.readSweep();
  const report = { looked: 0, sentAgain: 0, ended: 0, unknown: 0, failed: 0 };
  const intervalMs = settings.sweepIntervalSeconds * 1000;
  if (state === undefined || began.low - state.ranAt > 2 * intervalMs) {
    await table.writeSweep({ passBeganAt: began.low, looked: 0, overdue: 0, ...state, ranAt: began.low });
    return { ...report, isSkipped: true, waits: noWaits, endsPass: false, lastPass: state?.lastPass };
  }

  const asked = { hasBacklog: backlogs(core), isMissing: missingTypes(core) };
  const before = encodeTime(began.low - settings.sweepAfterSeconds * 1000, 10);
  const savedMs = Math.min(maxSavedMs, Math.max(intervalMs, began.low - state.ranAt));
  const allowed = Math.max(pageSize, Math.floor((settings.sweepReadsPerMinute * savedMs) / 60_000));
  let pass: SweepState = state;
  let waits = noWaits;
  do {
    const page = await table.listPlaced({ place: 'open', after: pass.after, below: before, limit: pageSize });
    const { jobs, unreadable } = await readEach(core, page.jobs);
    const done = (await Promise.all(jobs.map((job) => sweepOne(core, job, asked)))).filter((did) => did !== 'nothing');
    for (const did of done) {
      report[did] += 1;
      core.telemetry.count('sweeps', { action: did });
    }
    report.failed += unreadable;
    report.looked += page.jobs.length;
    const now = await table.time();
    waits = longerOf(waits, longestWaits(jobs, now));
    const { looked, overdue, ...rest } = pass;
    const counted = { looked: looked + page.jobs.length, overdue: overdue + done.filter((did) => did !== 'unknown').length };
    pass = page.next === undefined ? endedPass(rest, counted, now) : { ...rest, ...counted, ranAt: now.low, after: page.next };
    // After each page, so that a run that is cut off does not start over.
    await table.writeSweep(pass);
  } while (pass.after !== undefined && report.looked < allowed);
  return { ...report, isSkipped: false, waits, endsPass: pass.after === undefined, lastPass: pass.lastPass };
}

function endedPass(
  { passBeganAt }: Pick<SweepState, 'passBeganAt'>,
  counted: Pick<SweepState, 'looked' | 'overdue'>,
  { low }: ServiceTime,
): SweepState {
  return { ranAt: low, passBeganAt: low, looked: 0, overdue: 0, lastPass: { tookMs: low - passBeganAt, ...counted } };
}

type Backlogs = (priority: JobPriority) => Promise<boolean>;

/** Depths are requested once per run. Where SQS does not answer, there may be a backlog, which only makes the sweeper wait longer. */
function backlogs({ queues }: Core): Backlogs {
  const asked = new Map<JobPriority, Promise<boolean>>();
  return (priority) => {
    const known =
      asked.get(priority) ??
      queues.depth(priority).then(
        ({ visible }) => visible > 0,
        () => true,
      );
    asked.set(priority, known);
    return known;
  };
}

/** Values that are requested once per run, by the first job that needs them. */
interface Asked {
  readonly hasBacklog: Backlogs;
  readonly isMissing: ReturnType<typeof missingTypes>;
}

/** Rejects only where the table is away. */
async function sweepOne(
  core: Core,
  job: Job,
  { hasBacklog, isMissing }: Asked,
): Promise<'nothing' | 'sentAgain' | 'ended' | 'unknown' | 'failed'> {
  const log = core.log.child({ jobId: job.jobId, traceId: job.traceId });
  const now = await core.table.time();
  const verdict = verdictOn(job, now);
  try {
    const { params } = await renewedParams(core, job, now.at);
    if (params !== undefined) await core.table.touch('keepParams', job.jobId, {}, { params });
    await tellWebhooks(core, job);
    if (verdict.kind !== 'run' && verdict.kind !== 'end') return 'nothing';
    if (!(await isOverdue(core, job, now, hasBacklog))) return 'nothing';
    if (verdict.kind === 'end') return await end(core, job, verdict, now);
    await sendMessage(core, { ...job, sweeps: job.sweeps + 1 }, 0);
    // Only now: a sweep that died, or a send that failed, must not count.
    await core.table.touch('sweep', job.jobId, { now }, { sweeps: job.sweeps + 1, sweptAt: now.low, expiresAt: null });
    if (await isMissing(job.type)) return 'unknown';
    log.warn({ status: job.status, sweeps: job.sweeps + 1 }, 'a job that no message named was sent again');
    return 'sentAgain';
  } catch (error) {
    if (error instanceof JobError && error.code === 'TABLE_UNAVAILABLE') throw error;
    log.error({ error }, 'a job could not be swept; the next pass tries again');
    return 'failed';
  }
}

async function end(core: Core, job: Job, verdict: Extract<Verdict, { kind: 'end' }>, now: ServiceTime): Promise<'nothing' | 'ended'> {
  const { ok } = await endJob(core, job, verdict, now);
  return ok ? 'ended' : 'nothing';
}

async function isOverdue({ settings }: Core, job: Job, now: ServiceTime, hasBacklog: Backlogs): Promise<boolean> {
  const sinceMs = now.low - lastSignOf(job);
  const patienceMs = Math.min(maxPatienceMs, settings.sweepAfterSeconds * 1000 * 2 ** Math.min(job.sweeps, 30));
  if (sinceMs < patienceMs) return false;
  return sinceMs >= patienceMs * backlogFactor || !(await hasBacklog(job.priority));
}

/** The last time something happened, or was due to happen, to the job. */
function lastSignOf({ updatedAt, dueAt = 0, sweptAt = 0, claim }: Job): number {
  return Math.max(updatedAt, dueAt, sweptAt, claim?.expiresAt ?? 0);
}
