/** Ends a job whose verdict says so; called by any process that finds it. */
import type { ServiceTime } from '../clock.ts';
import type { Job } from '../job.ts';
import type { WriteResult } from '../table/jobTable.ts';
import type { Verdict } from '../verdict.ts';
import { transitionJob } from './transitionJob.ts';
import type { LookDeps } from './lookAt.ts';
import { tellJob } from './tell.ts';

/** `ok: false` where another process was faster: then the record has changed, and so may the verdict. */
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
