/**
 * Random graphs through the shipped use cases, while whoever ends, tells, makes or cancels dies in the middle of it, messages are
 * lost, and jobs are retried and cancelled at random moments. Judged by the graph and by what failed.
 */
import { exactly } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import { isFailed, isFinal, type Job } from '../../core/job.ts';
import { createJobTypes } from '../../core/jobType.ts';
import type { JobTable } from '../../core/table/jobTable.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import { cancelWorkflow } from '../../core/usecases/cancelWorkflow.ts';
import type { WorkflowJobRequest } from '../../core/usecases/checkWorkflow.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createWorkflow } from '../../core/usecases/createWorkflow.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { jobsOf, retryWorkflow } from '../../core/usecases/retryWorkflow.ts';
import { tellJob } from '../../core/usecases/tell.ts';
import { tellWaiting } from '../../core/usecases/tellWaiting.ts';
import { transitionJob } from '../../core/usecases/transitionJob.ts';
import { readPlan } from '../../core/usecases/workflows.ts';
import { failurePolicies } from '../../core/workflow/workflow.ts';
import { task, workflowNow } from '../support/workflowTasks.ts';

export interface RandomWorkflow {
  readonly core: Core;
  /** Sent and not received yet: a message names a job. */
  readonly messages: string[];
  readonly chance: () => number;
  /** From now on requests fail, after so many more: the process that makes them dies. Undefined: no longer. */
  dieAfter(requests: number | undefined): void;
  /** Moves the clock. */
  pass(ms: number): void;
  readonly key: string;
}

const owner = 'owner';

/** Answers what is wrong; undefined where nothing is. */
export async function runRandomWorkflow(world: RandomWorkflow, maxJobs: number): Promise<string | undefined> {
  const { core, messages, chance, dieAfter, pass } = world;
  const jobs = randomJobs(chance, maxJobs);
  const faults: string[] = [];
  const some = (most: number): number => Math.floor(chance() * most);
  let attempts = 0;
  let workflowId: string | undefined;
  while (workflowId === undefined) {
    if (attempts < 5) dieAfter(some(3 * jobs.length));
    else dieAfter(undefined);
    attempts += 1;
    workflowId = await surviving(
      async () => (await createWorkflow(core, { owner, name: 'w', traceId: 't', jobs, idempotencyKey: world.key })).workflow.workflowId,
    );
  }
  dieAfter(undefined);
  const id = workflowId;
  const plan = await readPlan(core, id);
  if (plan === undefined) return 'the plan is gone';

  for (let step = 0; step < 6 * jobs.length; step += 1) {
    if (chance() < 0.2) dieAfter(some(12));
    const acts = Array.from({ length: 1 + some(3) }, () => act());
    await Promise.all(acts.map((one) => surviving(one)));
    dieAfter(undefined);
    pass(some(1500));
    if (chance() < 0.02) messages.length = 0;
  }
  // Nothing goes wrong any more: what is due happens, however long ago it was left undone.
  for (let round = 0; round < 20 * jobs.length; round += 1) {
    pass(10_000);
    await tellWaiting(core);
    const records = await jobsOf(core, id);
    for (const job of records) if (job.status === 'PENDING' && job.waiting === undefined) messages.push(job.jobId);
    const abandoned = records.filter(({ status }) => status === 'PROCESSING');
    for (const job of abandoned) await takenOver(job);
    if (messages.length === 0 && abandoned.length === 0) break;
    while (messages.length > 0) await receive(1);
  }
  return faults[0] ?? (await wrongEnd());

  function act(): () => Promise<unknown> {
    const luck = chance();
    const jobId = plan?.jobIds[some(jobs.length)] ?? '';
    if (luck < 0.7) return () => receive(chance() < 0.15 ? 0 : 1);
    if (luck < 0.8) return () => retryJob(core, { owner, jobId });
    if (luck < 0.84) return () => cancelJob(core, { owner, jobId });
    if (luck < 0.86) return () => retryWorkflow(core, { owner, workflowId: id });
    if (luck < 0.865) return () => cancelWorkflow(core, { owner, workflowId: id });
    return () => tellWaiting(core);
  }

  async function receive(success: 0 | 1): Promise<void> {
    const jobId = messages.splice(some(messages.length), 1)[0];
    const job = jobId === undefined ? undefined : await core.table.get(jobId);
    if (job?.status !== 'PENDING' || job.waiting !== undefined) return;
    const now = await core.table.time();
    const claim = { id: `c${chance()}`, expiresAt: now.high + 1e9 };
    const claimed = await transitionJob(core, 'claim', job, { facts: { now }, changes: { claim, attempts: job.attempts + 1 } });
    if (!claimed.ok) return;
    await begun(claimed.job);
    // The worker that holds it makes sure of its end: a worker that dies is another test's.
    for (;;) {
      const event = success === 1 ? 'succeed' : 'failForGood';
      const ended = await surviving(async () => transitionJob(core, event, claimed.job, { facts: { now, claimId: claim.id } }));
      if (ended === undefined) {
        dieAfter(undefined);
        continue;
      }
      const present =
        ended.ok || ended.job?.claim?.id !== claim.id
          ? ended
          : await transitionJob(core, 'stop', claimed.job, { facts: { now, claimId: claim.id } });
      if (present.job?.tell !== undefined) await tellJob(core, present.job);
      return;
    }
  }

  /** The process that claimed it died before it knew. */
  async function takenOver(job: Job): Promise<void> {
    const facts = { now: await core.table.time(), claimId: job.claim?.id };
    const { job: present } = await transitionJob(core, job.cancelRequested ? 'stop' : 'succeed', job, { facts });
    if (present?.tell !== undefined) await tellJob(core, present);
  }

  /** None begins before those that it needs have ended, or succeeded. */
  async function begun({ jobId }: Job): Promise<void> {
    const number = plan?.numberOf(jobId) ?? -1;
    const { dependsOn = [], whenDependencyFails } = plan?.jobs[number] ?? {};
    for (const dependency of dependsOn) {
      const record = await core.table.get(plan?.jobIds[dependency] ?? '').catch(() => undefined);
      const hasEnded = record === undefined || isFinal(record.status) || record.generation > 1;
      const fits = record === undefined || (whenDependencyFails === 'RUN' ? hasEnded : record.status === 'SUCCEEDED');
      if (!fits) faults.push(`${number} begins although ${dependency} is ${record.status}`);
    }
  }

  async function wrongEnd(): Promise<string | undefined> {
    const records = await jobsOf(core, id);
    if (records.length !== jobs.length) return `${records.length} of ${jobs.length} jobs were made`;
    const byId = new Map(records.map((job) => [job.jobId, job]));
    const isHeld = (job: Job): boolean => {
      const at = job.waitsFor === undefined ? undefined : byId.get(job.waitsFor);
      if (job.status !== 'PENDING' || at === undefined) return false;
      const policy = plan?.jobs[plan.numberOf(job.jobId) ?? -1]?.whenDependencyFails;
      return (policy === 'WAIT' && isFailed(at.status)) || isHeld(at);
    };
    for (const job of records) {
      if (job.tell !== undefined) return `${job.jobId} is still to be told of`;
      if (!isFinal(job.status) && !isHeld(job)) return `${job.workflow?.name} is stuck: ${job.status}, waits for ${job.waitsFor}`;
      const cause = job.cause === undefined ? undefined : byId.get(job.cause.jobId);
      if (job.cause !== undefined && (cause === undefined || !isFailed(cause.status) || cause.generation !== job.cause.generation)) {
        return `${job.workflow?.name} is cancelled for what is ${cause?.status}`;
      }
    }
    const { status, making, cancelling, tell } = await workflowNow(core, id);
    if (making || cancelling || tell !== undefined) return 'the workflow is still to be carried on';
    const expected = !records.every((job) => isFinal(job.status))
      ? 'RUNNING'
      : records.some((job) => job.status === 'FAILED' || job.status === 'FAILED_FINAL')
        ? 'FAILED'
        : records.some((job) => job.status === 'CANCELLED')
          ? 'CANCELLED'
          : 'SUCCEEDED';
    return status === expected ? undefined : `the workflow is ${status}, and not ${expected}`;
  }
}

function randomJobs(chance: () => number, maxJobs: number): readonly WorkflowJobRequest[] {
  const count = 1 + Math.floor(chance() * maxJobs);
  return Array.from({ length: count }, (_, number): WorkflowJobRequest => {
    const wanted = chance() < 0.2 ? 0 : Math.floor(chance() * Math.min(4, number + 1));
    const dependsOn = new Set(Array.from({ length: wanted }, () => `j${Math.floor(chance() * number)}`));
    const whenDependencyFails = failurePolicies[chance() < 0.6 ? 0 : Math.floor(chance() * 3)] ?? 'CANCEL';
    return { name: `j${number}`, type: task.name, dependsOn: number === 0 ? [] : [...dependsOn], whenDependencyFails, priority: 'NORMAL' };
  });
}

/** Undefined where it died, or was refused. */
async function surviving<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof JobError) return undefined;
    throw error;
  }
}

/** A table whose requests fail from some time on, before they take effect, or after. */
export function mortal(table: JobTable, chance: () => number): { readonly table: JobTable; dieAfter(requests: number | undefined): void } {
  let left: number | undefined;
  async function request<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    if (left === undefined) return ask();
    left -= 1;
    if (left < 0) throw new JobError('TABLE_UNAVAILABLE');
    if (left > 0 || chance() < 0.5) return ask();
    await ask();
    throw new JobError('TABLE_UNAVAILABLE');
  }
  const { entries } = table;
  return {
    dieAfter: (requests) => void (left = requests),
    table: {
      ...table,
      create: (job) => request(() => table.create(job)),
      get: (jobId) => request(() => table.get(jobId)),
      getMany: (jobIds, signal) => request(() => table.getMany(jobIds, signal)),
      transition: (event, jobId, input) => request(() => table.transition(event, jobId, input)),
      touch: (touch, jobId, facts, changes) => request(() => table.touch(touch, jobId, facts, changes)),
      entries: {
        ...entries,
        get: (kind, key) => request(() => entries.get(kind, key)),
        getMany: (kind, keys, signal) => request(() => entries.getMany(kind, keys, signal)),
        create: (kind, draft) => request(() => entries.create(kind, draft)),
        replace: (kind, known, draft) => request(() => entries.replace(kind, known, draft)),
        put: (kind, draft) => request(() => entries.put(kind, draft)),
      },
    },
  };
}

export const taskTypes = createJobTypes([task]);
export const timeAt = (now: () => number) => (): ReturnType<typeof exactly> => exactly(Math.floor(now()));
