/** Cancels what the handlers of a cancelled job have made and left open: whoever tells of its end, or cancels its workflow. */
import type { ServiceTime } from '../clock.ts';
import { isFinal, type Job } from '../job.ts';
import type { WriteResult } from '../table/jobTable.ts';
import { isAbandoned } from '../verdict.ts';
import { childrenOf, generationOf } from './childList.ts';
import { transitionJob, type TransitionDeps } from './transitionJob.ts';

const atOnce = 20;

/**
 * At any depth: those of a child that this cancels by its own end, which `onCancelled` is to tell of, and those of a child that
 * is over by this. A child that the parent's next generation has named is that one's. Anyone may do it, any number of times.
 * @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function cancelChildren(core: TransitionDeps, parent: Job, onCancelled: (child: Job) => void): Promise<void> {
  if (parent.hasChildren !== true) return;
  for await (const page of childrenOf(core, parent.jobId)) {
    for (let from = 0; from < page.length; from += atOnce) await Promise.all(page.slice(from, from + atOnce).map(cancelWithin));
  }

  async function cancelWithin(child: Job): Promise<void> {
    if (isFinal(child.status)) return cancelChildren(core, child, onCancelled);
    const cancelled = await cancelChild(core, parent, child);
    if (cancelled?.tell !== undefined) onCancelled(cancelled);
  }
}

/**
 * By whoever has claimed it: a child that was made, or came to its turn, when its parent was cancelled may be in nobody's list.
 * Answers whether it is to stop. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function cancelOrphan(core: TransitionDeps, claimed: Job): Promise<boolean> {
  const parent = claimed.parent === undefined ? undefined : await core.table.get(claimed.parent.jobId);
  return parent?.status === 'CANCELLED' && (await cancelChild(core, parent, claimed)) !== undefined;
}

/** Answers it as it then is: over, or running and asked to stop. Undefined for one that is left alone. */
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

/** If nothing was written since it was read: it may have been named by the parent's next generation. */
function cancelStep(core: TransitionDeps, child: Job, now: ServiceTime, isAbandonedNow: boolean): Promise<WriteResult> {
  const { jobId, status, version, writeId } = child;
  if (status === 'PENDING') return transitionJob(core, 'cancelForCause', child, { facts: { now, writeId } });
  if (isAbandonedNow) return transitionJob(core, 'cancelAbandoned', child, { facts: { now } });
  return core.table.touch('requestCancelSeen', jobId, { version, writeId }, { cancelRequested: true });
}
