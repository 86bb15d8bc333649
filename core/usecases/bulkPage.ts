/** A page of a bulk operation: which jobs come next, and what is done to each. */
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import type { BulkOperation, PlannedJob } from './bulkOperations.ts';
import { cancelGeneration } from './cancelJob.ts';
import type { Core } from './core.ts';
import { sendMessage } from './sendMessage.ts';
import { matches, matchesNothing, type JobsFilter } from './jobsFilter.ts';
import { idsOf } from './listJobs.ts';
import { readEach } from './readEach.ts';
import { beginAnew } from './beginAnew.ts';
import { tellJob } from './tell.ts';

/** As many as one read of the table takes. */
const maxPageSize = 100;
/** Records that are read for one page, where no index covers the filter. */
const maxLookedAt = 1000;
/** The jobs of a page. */
const atOnce = 10;

export interface BulkPage {
  readonly jobs: readonly Job[];
  /** They match according to the index, but cannot be read. */
  readonly damaged: number;
  readonly beyond: string | undefined;
  readonly isAtEnd: boolean;
}

/** Oldest first, so that retried jobs wait in the order in which they were handed in. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function nextPage(core: Pick<Core, 'table' | 'log'>, operation: BulkOperation): Promise<BulkPage> {
  const { owner, isDryRun, maxPerSecond } = operation;
  const filter = frozen(operation);
  const size = isDryRun ? maxPageSize : Math.min(maxPageSize, maxPerSecond);
  const jobs: Job[] = [];
  let damaged = 0;
  let { beyond } = operation;
  if (matchesNothing(filter)) return { jobs, damaged, beyond, isAtEnd: true };
  for (let looked = 0; looked < maxLookedAt; looked += maxPageSize) {
    const ids = await idsOf(core, { owner, filter }, { newestFirst: false, beyond, limit: maxPageSize });
    const read = await readEach(
      core,
      ids.map((jobId) => ({ jobId })),
    );
    const found = new Map(read.jobs.map((job) => [job.jobId, job]));
    const unreadable = new Set(read.damaged);
    for (const jobId of ids) {
      if (jobs.length === size) return { jobs, damaged, beyond, isAtEnd: false };
      const job = found.get(jobId);
      if (job !== undefined && concerns(operation, filter, job)) jobs.push(job);
      if (unreadable.has(jobId)) damaged += 1;
      beyond = jobId;
    }
    if (ids.length < maxPageSize) return { jobs, damaged, beyond, isAtEnd: true };
  }
  return { jobs, damaged, beyond, isAtEnd: false };
}

/** Jobs created later are not listed at all. */
function frozen({ filter, upTo }: BulkOperation): JobsFilter {
  return { ...filter, createdBefore: Math.min(filter.createdBefore ?? Infinity, upTo + 1) };
}

function concerns({ owner, action, upTo }: BulkOperation, filter: JobsFilter, job: Job): boolean {
  if (!matches(filter, job) || job.createdAt > upTo || (owner !== undefined && job.owner !== owner)) return false;
  // A job that was retried and failed again meanwhile is not meant.
  return action === 'CANCEL' || (job.finishedAt ?? job.updatedAt) <= upTo;
}

export interface PageOutcome {
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly errors: Readonly<Record<string, number>>;
}

/**
 * @param seen The jobs as they were when the page was written; absent where another process had written it, and may have
 * acted on some of them.
 * @throws {JobError} `TABLE_UNAVAILABLE`, `QUEUE_UNAVAILABLE`: the process that continues finds what was done.
 */
export async function actOnPage(core: Core, operation: BulkOperation, seen?: readonly Job[]): Promise<PageOutcome> {
  const planned = operation.page ?? [];
  const jobs = seen ?? (await readEach(core, planned)).jobs;
  const byId = new Map(jobs.map((job) => [job.jobId, job]));
  const acts: Act[] = [];
  for (let start = 0; start < planned.length; start += atOnce) {
    const some = await Promise.allSettled(
      planned.slice(start, start + atOnce).map((plan) => actOn(core, operation, plan, byId.get(plan.jobId))),
    );
    for (const one of some) if (one.status === 'rejected') throw one.reason;
    acts.push(...some.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  }
  const count = (wanted: Act): number => acts.filter((act) => act === wanted).length;
  const errors: Record<string, number> = {};
  for (const act of acts) if (typeof act === 'object') errors[act.code] = (errors[act.code] ?? 0) + 1;
  const failed = acts.filter((act) => typeof act === 'object').length;
  return { done: count('done'), skipped: count('skipped'), failed, errors };
}

/** `left`: the operation was aborted before. */
type Act = 'done' | 'skipped' | 'left' | { readonly code: string };

/** As the API masks it. */
const unexpected = 'INTERNAL_SERVER_ERROR';

async function actOn(core: Core, operation: BulkOperation, plan: PlannedJob, job: Job | undefined): Promise<Act> {
  if (job === undefined) return 'skipped';
  if (job.version === plan.version && operation.abortedAt !== undefined) return 'left';
  try {
    return operation.action === 'RETRY' ? await retry(core, plan, job) : await cancel(core, plan, job);
  } catch (error) {
    const code = error instanceof JobError ? error.code : unexpected;
    // It was cancelled because of another job, whose retry revives it.
    if (code === 'JOB_NOT_RETRYABLE') return 'skipped';
    if (code === 'TABLE_UNAVAILABLE' || code === 'QUEUE_UNAVAILABLE') throw error;
    core.log.error({ error, jobId: job.jobId, operationId: operation.operationId }, 'a bulk operation could not act on a job');
    return { code };
  }
}

async function retry(core: Core, plan: PlannedJob, job: Job): Promise<Act> {
  if (job.version !== plan.version) {
    // Either an earlier holder of this page retried it, or another process with the same intention did: once, in any case.
    const isBegun = job.history.find(({ version }) => version === plan.version + 1)?.status === 'PENDING';
    // That holder may have been killed before it sent the message.
    if (isBegun && job.version === plan.version + 1 && job.waiting === undefined) await sendMessage(core, job, 0);
    return isBegun ? 'done' : 'skipped';
  }
  const retried = await beginAnew(core, 'retry', job, { now: await core.table.time() });
  if (!retried.ok) return 'skipped';
  // A workflow's job: the jobs that wait for it are told first; then it continues when its dependencies allow it.
  if (retried.job.tell === undefined) await sendMessage(core, retried.job, 0);
  else await tellJob(core, retried.job);
  return 'done';
}

async function cancel(core: Core, plan: PlannedJob, job: Job): Promise<Act> {
  if (job.generation !== plan.generation) return 'skipped';
  // An earlier holder of this page, or another process, did it: nothing is left to do.
  if (job.status === 'CANCELLED') return 'done';
  return (await cancelGeneration(core, job)) ? 'done' : 'skipped';
}
