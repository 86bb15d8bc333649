/** Looks at a job that waits for others, or was cancelled for one, until nothing is to be done about it any more. */
import type { Job, JobFailure } from '../job.ts';
import { hasComeTo, lookAtJob, type JobLook, type Wants } from '../workflow/look.ts';
import { moveBehind } from '../workflow/moves.ts';
import type { Plan } from '../workflow/plan.ts';
import type { PlannedJob } from '../workflow/workflow.ts';
import type { Changes } from '../table/jobTable.ts';
import type { Waiting } from '../waiting.ts';
import type { Core } from './core.ts';
import { awaitedBy } from './awaited.ts';
import { createCoalescedReads, type ReadJob } from './coalescedReads.ts';
import { wakeMessage } from './wake.ts';
import { createRecords, rememberSuccess, type Records } from './jobRecords.ts';
import { paramsWithResults } from './paramsWithResults.ts';
import { renewedGeneration } from './renewedGeneration.ts';
import { startAt } from './startTime.ts';
import { transitionJob } from './transitionJob.ts';
import { readPlan } from './workflows.ts';

export type LookDeps = Pick<Core, 'table' | 'queues' | 'feed' | 'telemetry' | 'log'> & {
  readonly settings: Pick<Core['settings'], 'jobTtlDays'>;
};

export interface Looked {
  /** As it was read first. */
  readonly before: Job | undefined;
  /** As it then is; with a marker where the jobs that wait for it have to be told. */
  readonly job: Job | undefined;
}

export interface LookOptions {
  /** This job has just ended, or started again: nothing is done about one that has not come to it yet. */
  readonly told?: string | undefined;
  /** Records that can never change again. */
  readonly known?: readonly Job[];
}

/**
 * Anyone may look, any number at once, and die anywhere. @throws {JobError} `TABLE_UNAVAILABLE`. A message that is not taken is
 * sent by the sweeper.
 */
export async function lookAt(core: LookDeps, jobId: string, { told, known = [] }: LookOptions = {}): Promise<Looked> {
  for (const one of known) rememberSuccess(core.table, one);
  const before = await readWaiting(core.table, jobId);
  let job = before;
  for (;;) {
    if (job === undefined) return { before, job };
    const plan = job.workflow === undefined ? undefined : await readPlan(core, job.workflow.workflowId);
    const wants = job.suspended === true ? await awaitedBy(core, job) : wantsOf(job, plan);
    if (wants === undefined || (told !== undefined && !hasComeTo(job, wants, told))) return { before, job };
    const records = createRecords(core, known);
    let look = lookAtJob(job, wants, records.seen);
    while (look.kind === 'read') {
      await records.read(look.jobIds);
      look = lookAtJob(job, wants, records.seen);
    }
    if (look.kind === 'nothing') return { before, job };
    const written = await write(core, job, look, plan, records);
    // Whatever was written, another may have been faster, or what it now points at may have ended meanwhile.
    if (written !== undefined && look.kind !== 'point') return { before, job: written };
    job = await core.table.get(jobId);
  }
}

type ReadTable = Pick<Core['table'], 'get' | 'getMany'>;

const readers = new WeakMap<ReadTable, ReadJob>();

/** Where a job waits for a thousand others, many of them end at the same time: its record is read once for several of them. */
function readWaiting(table: ReadTable, jobId: string): Promise<Job | undefined> {
  const read = readers.get(table) ?? createCoalescedReads(table, { maxCalls: 2 });
  readers.set(table, read);
  return read(jobId);
}

/** Undefined for a job that waits for no others. */
export function wantsOf({ workflow }: Pick<Job, 'workflow'>, plan: Plan | undefined): Wants | undefined {
  const planned = workflow === undefined || plan === undefined ? undefined : plan.jobs[plan.numberOfName(workflow.name) ?? -1];
  if (plan === undefined || planned === undefined) return undefined;
  return { dependencies: dependenciesIn(plan, planned), whenDependencyFails: planned.whenDependencyFails };
}

/** Last first: jobs begin roughly in the order of the plan, so when the last one has ended, most have. */
export function dependenciesIn(plan: Plan, { dependsOn }: Pick<PlannedJob, 'dependsOn'>): readonly string[] {
  return dependsOn.map((number) => plan.jobIds[number] ?? '').toReversed();
}

/** Undefined where another process was faster. */
async function write(
  core: LookDeps,
  job: Job,
  look: Exclude<JobLook, { kind: 'nothing' | 'read' }>,
  plan: Plan | undefined,
  records: Records,
): Promise<Job | undefined> {
  const { table } = core;
  const now = await table.time();
  const start = look.kind === 'ready' && job.suspended !== true ? startOf(job, now) : {};
  const move = moveBehind(job, look, start.waiting);
  const facts = { now, writeId: job.writeId };
  if (move.event !== undefined) {
    const error = look.kind === 'cancel' ? causeOf(look, plan, now.at) : undefined;
    const begun = look.kind === 'revive' ? await renewedGeneration(core, job, now.at) : {};
    const { ok, job: written } = await transitionJob(core, move.event, job, {
      facts,
      error,
      attempt: 0,
      changes: { ...begun, ...move.changes },
    });
    return ok ? written : undefined;
  }
  const isFreed = move.changes.waiting !== undefined;
  const filled =
    look.kind === 'ready' && plan !== undefined && job.suspended !== true ? await paramsWithResults(core, job, plan, records) : {};
  const changes: Changes = { ...filled, ...move.changes, ...(isFreed ? { sweptAt: now.low } : {}), ...dueOf(start) };
  const { ok, job: written } = await table.touch(move.touch, job.jobId, { writeId: job.writeId, version: job.version }, changes);
  if (!ok) return undefined;
  if (isFreed && written.waiting === undefined) await wakeMessage(core, written);
  return written;
}

/** What it waits for once its dependencies are passed. */
export function startOf(
  { runAt }: Pick<Job, 'runAt'>,
  now: Parameters<typeof startAt>[1],
): { readonly waiting?: Waiting | undefined; readonly dueAt?: number | undefined } {
  return runAt === undefined ? {} : startAt(runAt, now);
}

function dueOf({ dueAt }: { readonly dueAt?: number | undefined }): Pick<Changes, 'dueAt'> {
  return dueAt === undefined ? {} : { dueAt };
}

function causeOf({ cause, status }: Extract<JobLook, { kind: 'cancel' }>, plan: Plan | undefined, at: number): JobFailure {
  const name = plan?.jobs[plan.numberOf(cause.jobId) ?? -1]?.name ?? '';
  return { code: 'DEPENDENCY_FAILED', message: `It needs “${name}”, which ended ${status}: job ${cause.jobId}.`, attempt: 0, at };
}
