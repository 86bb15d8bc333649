/** Ends a job whose verdict says so, by whoever found it. */
import type { ServiceTime } from '../clock.ts';
import type { Job } from '../job.ts';
import type { WriteResult } from '../table/jobTable.ts';
import type { Verdict } from '../verdict.ts';
import { transitionJob, type TransitionDeps } from './transitionJob.ts';

/** `ok: false` where somebody else was faster: then the record has changed, and so may the verdict. */
export function endJob(
  core: TransitionDeps,
  job: Job,
  { event, error }: Extract<Verdict, { kind: 'end' }>,
  now: ServiceTime,
): Promise<WriteResult> {
  const isLoss = event === 'exhaust' && job.status === 'PROCESSING';
  return transitionJob(core, event, job, { facts: { now }, error, changes: isLoss ? { losses: job.losses + 1 } : {} });
}
