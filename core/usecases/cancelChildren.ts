/** Cancels the open children of a cancelled job: called when its end is announced, or when its workflow is cancelled. */
import { batchesOf } from '../batches.ts';
import type { ServiceTime } from '../clock.ts';
import { isFinal, type Job } from '../job.ts';
import type { WriteResult } from '../table/jobTable.ts';
import { isAbandoned } from '../verdict.ts';
import { childrenOf, generationOf } from './childList.ts';
import { transitionJob, type TransitionDeps } from './transitionJob.ts';

const atOnce = 20;

/**
 * At any depth: children of a child that has ended are cancelled here; those of a child that is cancelled here are cancelled when
 * `onCancelled` announces its end. A child that the parent's next generation has named belongs to that generation. Safe to repeat,
 * in any process. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function cancelChildren(core: TransitionDeps, parent: Job, onCancelled: (child: Job) => void): Promise<void> {
  if (parent.hasChildren !== true) return;
  for await (const page of childrenOf(core, parent.jobId)) {
    for (const some of batchesOf(page, atOnce)) await Promise.all(some.map(cancelWithin));
  }

  async function cancelWithin(child: Job): Promise<void> {
    if (isFinal(child.status)) return cancelChildren(core, child, onCancelled);
    const cancelled = await cancelChild(core, parent, child);
    if (cancelled?.tell !== undefined) onCancelled(cancelled);
  }
}

/**
 * Called by the worker that claimed the job. The list of children may lack a child that was created, or claimed, while its parent
 * was cancelled. Returns whether the job must stop. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function cancelOrphan(core: TransitionDeps, claimed: Job): Promise<boolean> {
  const parent = claimed.parent === undefined ? undefined : await core.table.get(claimed.parent.jobId);
  return parent?.status === 'CANCELLED' && (await cancelChild(core, parent, claimed)) !== undefined;
}

/** Returns the child as it is afterwards: ended, or running and asked to stop. Undefined if it is left alone. */
async function cancelChild(core: TransitionDeps, parent: Job, seen: Job): Promise<Job | undefined> {
  let child = seen;
  while (!isFinal(child.status) && generationOf(child) <= parent.generation) {
    const now = await core.table.time();
    const isAbandonedNow = isAbandoned(child, now);
    if (child.status === 'PROCESSING' && child.cancelRequested && !isAbandonedNow) return child;
    const { ok, job } = await cancelStep(core, child, now, isAbandonedNow);
    if (ok || job === undefined) return job;
    child = job;
  }
  return undefined;
}

/** Only if nothing was written since it was read: the parent's next generation may have named it. */
function cancelStep(core: TransitionDeps, child: Job, now: ServiceTime, isAbandonedNow: boolean): Promise<WriteResult> {
  const { jobId, status, version, writeId } = child;
  if (status === 'PENDING') return transitionJob(core, 'cancelForCause', child, { facts: { now, writeId } });
  if (isAbandonedNow) return transitionJob(core, 'cancelAbandoned', child, { facts: { now } });
  return core.table.touch('requestCancelSeen', jobId, { version, writeId }, { cancelRequested: true });
}
