/** Puts the jobs of a workflow that was accepted: called by the process that accepted it or, if that dies, by the sweeper. */
import type { Job } from '../job.ts';
import { changeEntry } from '../table/changeEntry.ts';
import { waitsForJobs } from '../workflow/moves.ts';
import type { Plan } from '../workflow/plan.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { lookAt, type LookDeps } from './lookAt.ts';
import { draftOf, put } from './recordJob.ts';
import { tellJob } from './tell.ts';
import { wakeMessage } from './wake.ts';
import { readPlan, workflowDraft, workflowKind } from './workflows.ts';

const atOnce = 50;

export type MakeDeps = LookDeps;

/**
 * Any number at once, ended anywhere, make each job once. Answers the workflow as it then is; undefined where it could not be
 * finished, and the sweeper goes on. Never rejects.
 */
export async function makeWorkflow(core: MakeDeps, workflowId: string): Promise<Workflow | undefined> {
  try {
    const [entry, plan] = await Promise.all([core.table.entries.get(workflowKind, workflowId), readPlan(core, workflowId)]);
    if (entry === undefined || plan === undefined) return undefined;
    if (!entry.value.making) return entry.value;
    for (let from = 0; from < plan.forwards.length; from += atOnce) {
      await Promise.all(plan.forwards.slice(from, from + atOnce).map((number) => makeJob(core, entry.value, plan, number)));
    }
    const made = await changeEntry(core.table.entries, workflowKind, workflowId, (present) =>
      present === undefined || !present.value.making ? 'keep' : workflowDraft({ ...present.value, making: false }, core.settings),
    );
    return made?.value;
  } catch (error) {
    core.log.warn({ error, workflowId }, 'the jobs of a workflow could not all be made; the next sweep goes on');
    return undefined;
  }
}

async function makeJob(core: MakeDeps, workflow: Workflow, plan: Plan, number: number): Promise<void> {
  const planned = plan.jobs[number];
  const jobId = plan.jobIds[number];
  if (planned === undefined || jobId === undefined) return;
  const { owner, traceId, workflowId } = workflow;
  const { name, type, priority, params, maxFailures, concurrencyKey, rateKey, payloadHash, dependsOn, runAt, tags } = planned;
  const now = await core.table.time();
  const first = dependsOn[0] === undefined ? undefined : plan.jobIds[dependsOn[0]];
  const request = { owner, type, priority, runAt, tags, delaySeconds: 0, traceId };
  const draft = draftOf(request, { jobId, params: null, payloadHash, maxFailures, concurrencyKey, rateKey, now });
  const waits: Partial<Job> = first === undefined ? {} : { waitsFor: first, waiting: waitsForJobs, dueAt: undefined };
  const { job, created } = await put(core, { ...draft, params, workflow: { workflowId, name }, ...waits });
  // After the put: jobs that ended before could not see it.
  if (job.waiting?.reason === 'DEPENDENCIES') {
    const { job: after } = await lookAt(core, jobId);
    if (after?.tell !== undefined) await tellJob(core, after);
  } else if (job.waiting === undefined && (created || isUntouched(job))) await wakeMessage(core, job);
}

/** The process that put it may have died before it sent the message. */
function isUntouched({ status, version, sweptAt }: Job): boolean {
  return status === 'PENDING' && version === 1 && sweptAt === undefined;
}
