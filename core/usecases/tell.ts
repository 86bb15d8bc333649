/**
 * Tells the jobs that wait for a job that it has ended, or started again, and cancels the children of a cancelled job. Called by
 * the process that wrote the change, or that finds its marker.
 */
import { batchesOf } from '../batches.ts';
import { isFinal, type Job } from '../job.ts';
import { tellsWorkflow } from '../workflow/look.ts';
import { moveBehindTelling } from '../workflow/moves.ts';
import { cancelChildren } from './cancelChildren.ts';
import { dependantsIn } from './listeners.ts';
import { lookAt, startOf, type LookDeps } from './lookAt.ts';
import { lookAtWorkflowOf } from './lookAtWorkflow.ts';
import { wakeMessage } from './wake.ts';
import { readPlan } from './workflows.ts';

const atOnce = 20;

/**
 * Of this job, and of those whose state changes by that, all the way down. Never rejects: what is left undone is found by its
 * marker. Anyone may tell, any number at once, and die anywhere. Answers the job as it then is.
 */
export async function tellJob(core: LookDeps, job: Job): Promise<Job> {
  return (await tellAll(core, [job], false)) ?? job;
}

/** The same by who found the markers, and does not know what was done of it. */
export async function tellFound(core: LookDeps, jobs: readonly Job[]): Promise<void> {
  await tellAll(core, jobs, true);
}

/** Returns the first job. */
async function tellAll(core: LookDeps, jobs: readonly Job[], isThorough: boolean): Promise<Job | undefined> {
  const waiting = jobs.filter(({ tell }) => tell !== undefined).map((job) => ({ job, isThorough }));
  let first: Job | undefined;
  let running = 0;
  await new Promise<void>((resolve) => {
    const next = (): void => {
      if (waiting.length === 0 && running === 0) return resolve();
      while (running < atOnce) {
        const one = waiting.shift();
        if (one === undefined) return;
        running += 1;
        void told(one.job, one.isThorough).finally(() => {
          running -= 1;
          next();
        });
      }
    };
    next();
  });
  return first;

  async function told(job: Job, isThorough: boolean): Promise<void> {
    try {
      const after = await tell(core, job, isThorough, (changed) => waiting.push({ job: changed, isThorough: false }));
      if (job === jobs[0]) first = after;
    } catch (error) {
      core.log.warn({ error, jobId: job.jobId }, 'those who wait for a job could not all be told; the next sweep goes on');
    }
  }
}

async function tell(core: LookDeps, job: Job, isThorough: boolean, onChanged: (job: Job) => void): Promise<Job | undefined> {
  const { jobId, workflow, tell: version } = job;
  // A success is final: it need not be read again.
  const known = job.status === 'SUCCEEDED' ? [job] : [];
  const plan = workflow === undefined ? undefined : await readPlan(core, workflow.workflowId);
  const dependants = dependantsIn(plan, jobId);
  const befores: (Job | undefined)[] = [];
  for (const some of batchesOf(dependants, atOnce)) {
    const looked = await Promise.all(some.map((dependant) => lookAt(core, dependant, { told: jobId, known })));
    for (const { before, job: after } of looked) {
      befores.push(before);
      if (after?.tell !== undefined && after.tell !== before?.tell) onChanged(after);
    }
  }
  if (job.parent !== undefined && isFinal(job.status)) await lookAt(core, job.parent.jobId, { told: jobId, known });
  const isParent = job.status === 'CANCELLED' && job.hasChildren === true;
  if (isParent) await cancelChildren(core, job, onChanged);
  let present: Job | undefined = job;
  if (job.waitsFor !== undefined || job.cause !== undefined) {
    const { before, job: after } = await lookAt(core, jobId);
    present = after;
    if (after?.tell !== undefined && after.tell !== version && after.tell !== before?.tell) onChanged(after);
  }
  const asks =
    isThorough ||
    tellsWorkflow(
      job.status,
      befores.map((before) => before ?? 'unborn'),
    );
  if (workflow !== undefined && asks) await lookAtWorkflowOf(core, workflow.workflowId, { told: jobId, known });
  // Children are read from an index: where the index may lag, the sweeper reads it once more.
  if (isParent && !isThorough && core.table.keepsOrder !== true) return present;
  return removeMarker(core, present, version);
}

/** If it is still this one; and lets go what waited for that alone. */
async function removeMarker(core: LookDeps, known: Job | undefined, version: number | undefined): Promise<Job | undefined> {
  let job = known;
  for (;;) {
    if (job === undefined || job.tell !== version) return job;
    const now = await core.table.time();
    const { waiting, dueAt } = isFinal(job.status) || job.suspended === true ? {} : startOf(job, now);
    const move = moveBehindTelling(job, waiting);
    if (move?.touch === undefined) return job;
    const { jobId, writeId, status, version: readVersion, webhookVersion } = job;
    const isFreed = status === 'PENDING' && job.waiting?.reason === 'DEPENDENCIES' && move.changes.waiting?.reason !== 'DEPENDENCIES';
    const changes = { ...move.changes, ...(isFreed ? { sweptAt: now.low, ...(dueAt === undefined ? {} : { dueAt }) } : {}) };
    const { ok, job: written }: { ok: boolean; job: Job | undefined } = await core.table.touch(
      move.touch,
      jobId,
      { writeId, status, version: readVersion, webhookVersion },
      changes,
    );
    if (ok && written !== undefined) {
      if (isFreed && written.waiting === undefined) await wakeMessage(core, written);
      return written;
    }
    job = written;
  }
}
