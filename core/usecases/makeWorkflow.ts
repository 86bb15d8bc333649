/** Puts the jobs of a workflow that was accepted: called by the process that accepted it or, if that dies, by the sweeper. */
import { batchesOf } from '../batches.ts';
import type { Job } from '../job.ts';
import { changeEntry } from '../table/changeEntry.ts';
import { waitsForJobs } from '../workflow/moves.ts';
import type { Plan } from '../workflow/plan.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { dependenciesIn, lookAt, type LookDeps } from './lookAt.ts';
import { draftOf, put } from './recordJob.ts';
import { startEach } from './startEach.ts';
import { tellJob } from './tell.ts';
import { wakeMessage } from './wake.ts';
import { readPlan, workflowDraft, workflowKind, type KnownWorkflow } from './workflows.ts';

/** How many are created at once; a table that keeps the order of requests takes more in one turn. */
const [atOnce, atOnceInOrder] = [50, 250];

export type MakeDeps = LookDeps;

/**
 * Any number at once, ended anywhere, make each job once. Answers the workflow as it then is; undefined where it could not be
 * finished, and the sweeper goes on. Never rejects.
 */
export async function makeWorkflow(core: MakeDeps, workflowId: string): Promise<Workflow | undefined> {
  try {
    const [entry, plan] = await Promise.all([core.table.entries.get(workflowKind, workflowId), readPlan(core, workflowId)]);
    if (entry === undefined || plan === undefined) return undefined;
    return entry.value.making ? await makeJobs(core, entry, plan) : entry.value;
  } catch (error) {
    return leave(core, workflowId, error);
  }
}

/** The same for a workflow that was read already, with its plan. */
export async function makeJobs(core: MakeDeps, entry: KnownWorkflow, plan: Plan): Promise<Workflow | undefined> {
  const { key: workflowId, value: workflow } = entry;
  const most = core.table.keepsOrder === true ? atOnceInOrder : atOnce;
  try {
    for (const some of batchesOf(plan.forwards, most))
      await Promise.all(startEach(some, (number) => makeJob(core, workflow, plan, number)));
    // Usually it has not changed since it was read.
    const { ok, entry: made } = await core.table.entries.replace(workflowKind, entry, madeOf(core, workflow));
    if (ok) return made.value;
    const changed = await changeEntry(core.table.entries, workflowKind, workflowId, (present) =>
      present === undefined || !present.value.making ? 'keep' : madeOf(core, present.value),
    );
    return changed?.value;
  } catch (error) {
    return leave(core, workflowId, error);
  }
}

function madeOf({ settings }: Pick<MakeDeps, 'settings'>, workflow: Workflow): ReturnType<typeof workflowDraft> {
  return workflowDraft({ ...workflow, making: false }, settings);
}

function leave({ log }: Pick<MakeDeps, 'log'>, workflowId: string, error: unknown): undefined {
  log.warn({ error, workflowId }, 'the jobs of a workflow could not all be made; the next sweep goes on');
}

async function makeJob(core: MakeDeps, workflow: Workflow, plan: Plan, number: number): Promise<void> {
  const planned = plan.jobs[number];
  const jobId = plan.jobIds[number];
  if (planned === undefined || jobId === undefined) return;
  const { owner, traceId, workflowId } = workflow;
  const { name, type, priority, params, maxFailures, concurrencyKey, rateKey, runAt, tags } = planned;
  const now = await core.table.time();
  const first = dependenciesIn(plan, planned)[0];
  const request = { owner, type, priority, runAt, tags, delaySeconds: 0, traceId };
  const draft = draftOf(request, { jobId, params: null, maxFailures, concurrencyKey, rateKey, now });
  const waits: Partial<Job> = first === undefined ? {} : { waitsFor: first, waiting: waitsForJobs, dueAt: undefined };
  const wanted = { ...draft, params, workflow: { workflowId, name }, ...waits };
  const goesAlong = core.table.keepsOrder === true && wanted.waiting === undefined;
  let sending: Promise<void> | undefined;
  const { job, created } = await put(core, wanted, () => {
    if (goesAlong) sending = wakeMessage(core, wanted);
  });
  // After the put: jobs that ended before could not see it.
  if (job.waiting?.reason === 'DEPENDENCIES') {
    const { job: after } = await lookAt(core, jobId);
    if (after?.tell !== undefined) await tellJob(core, after);
  } else if (job.waiting === undefined && sending === undefined && (created || isUntouched(job))) await wakeMessage(core, job);
  await sending;
}

/** The process that put it may have died before it sent the message. */
function isUntouched({ status, version, sweptAt }: Job): boolean {
  return status === 'PENDING' && version === 1 && sweptAt === undefined;
}
