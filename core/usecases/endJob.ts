/** Ends a job whose verdict says so, by whoever found it. */
import type { ServiceTime } from '../clock.ts';
import type { Job } from '../job.ts';
import type { WriteResult } from '../table/jobTable.ts';
import type { Verdict } from '../verdict.ts';
import { transitionJob } from './transitionJob.ts';
import type { LookDeps } from './lookAt.ts';
import { tellJob } from './tell.ts';

/** `ok: false` where somebody else was faster: then the record has changed, and so may the verdict. */
export async function endJob(
  core: LookDeps,
  job: Job,
  { event, error }: Extract<Verdict, { kind: 'end' }>,
  now: ServiceTime,
): Promise<WriteResult> {
  const isLoss = event === 'exhaust' && job.status === 'PROCESSING';
  const result = await transitionJob(core, event, job, { facts: { now }, error, changes: isLoss ? { losses: job.losses + 1 } : {} });
  if (result.ok) await tellJob(core, result.job);
  return result;
}
