/**
 * Decides for a workflow at rest whether each of its jobs ended as the graph and the failures require. Pure: takes the records,
 * returns what is wrong.
 */
import { isFailed, isFinal, type Job } from '../../core/job.ts';
import type { Plan } from '../../core/workflow/plan.ts';
import type { Workflow } from '../../core/workflow/workflow.ts';

export interface JudgedPlan extends Pick<Plan, 'jobIds' | 'numberOf'> {
  readonly jobs: readonly Pick<Plan['jobs'][number], 'name' | 'dependsOn' | 'whenDependencyFails'>[];
}

export interface RestingGraph {
  readonly workflow: Pick<Workflow, 'status'> & Partial<Pick<Workflow, 'making' | 'cancelling' | 'tell' | 'cause'>>;
  readonly plan: JudgedPlan;
  /** The jobs of the workflow, and their children at any depth. */
  readonly jobs: readonly Job[];
  /** Whether a cancel of the job, or of its workflow, was requested. */
  readonly wasCancelAsked: (jobId: string) => boolean;
}

export function judgeGraph(graph: RestingGraph): readonly string[] {
  const records = new Map(graph.jobs.map((job) => [job.jobId, job]));
  const missing = graph.plan.jobIds.filter((jobId) => !records.has(jobId)).map((jobId) => `${jobId} was not made`);
  return [
    ...missing,
    ...graph.jobs.flatMap((job) => wrongOf(job, graph, records).map((what) => `${nameOf(job)}, ${job.jobId}, ${what}`)),
    ...wrongOfWorkflow(graph, records),
  ];
}

const nameOf = ({ workflow, parent }: Job): string => workflow?.name ?? `child ${parent?.name ?? ''}`;

type Records = ReadonlyMap<string, Job>;

function wrongOf(job: Job, graph: RestingGraph, records: Records): readonly string[] {
  const wrong: string[] = [];
  if (job.tell !== undefined) wrong.push('is not announced yet');
  if (!isFinal(job.status)) {
    if (!isHeld(job, graph, records)) wrong.push(`is stuck: ${job.status}, waits for ${job.waitsFor ?? job.waiting?.reason}`);
    return wrong;
  }
  if (job.status === 'CANCELLED') wrong.push(...wrongCancel(job, graph, records));
  const { jobs, jobIds, numberOf } = graph.plan;
  const planned = jobs[numberOf(job.jobId) ?? -1];
  // It ran only because these succeeded.
  if (job.status === 'SUCCEEDED' && planned !== undefined && planned.whenDependencyFails !== 'RUN') {
    for (const number of planned.dependsOn) {
      const { status } = records.get(jobIds[number] ?? '') ?? {};
      if (status !== 'SUCCEEDED') wrong.push(`succeeded, though ${jobs[number]?.name} is ${status}`);
    }
  }
  return wrong;
}

/** Whether the job, or a job that it waits for, waits until a failed job is retried. */
export function isHeld(job: Job, { plan }: Pick<RestingGraph, 'plan'>, records: Records): boolean {
  const other = job.waitsFor === undefined ? undefined : records.get(job.waitsFor);
  const planned = plan.jobs[plan.numberOf(job.jobId) ?? -1];
  if (job.status !== 'PENDING' || job.suspended === true || other === undefined || planned === undefined) return false;
  if (!planned.dependsOn.includes(plan.numberOf(other.jobId) ?? -1)) return false;
  return (planned.whenDependencyFails === 'WAIT' && isFailed(other.status)) || isHeld(other, { plan }, records);
}

function wrongCancel(job: Job, { plan, wasCancelAsked }: RestingGraph, records: Records): readonly string[] {
  if (job.cause === undefined) {
    const way = forefathers(job, records);
    const isMeant = [job, ...way].some(({ jobId }) => wasCancelAsked(jobId)) || way.some(wasCancelled);
    return isMeant ? [] : ['is CANCELLED, and nobody asked for it'];
  }
  const { jobs, jobIds, numberOf } = plan;
  const planned = jobs[numberOf(job.jobId) ?? -1];
  const cause = records.get(job.cause.jobId);
  if (cause === undefined || !isFailed(cause.status) || cause.generation !== job.cause.generation) {
    return [
      `is cancelled for ${job.cause.jobId} as it was in generation ${job.cause.generation}, which is ${cause?.status} in ${cause?.generation}`,
    ];
  }
  const isOfIt = planned?.dependsOn.some((number) => jobIds[number] === cause.jobId) ?? false;
  return isOfIt && planned?.whenDependencyFails === 'CANCEL' ? [] : [`is cancelled for ${cause.jobId}, for which it should not be`];
}

function forefathers(job: Job, records: Records): readonly Job[] {
  const parent = job.parent === undefined ? undefined : records.get(job.parent.jobId);
  return parent === undefined ? [] : [parent, ...forefathers(parent, records)];
}

/** Now, or in an earlier generation, whose cancel may have ended its children. */
const wasCancelled = ({ history }: Job): boolean => history.some(({ status }) => status === 'CANCELLED');

function wrongOfWorkflow({ workflow, plan }: RestingGraph, records: Records): readonly string[] {
  const { status, making, cancelling, tell, cause } = workflow;
  if (making === true || cancelling === true || tell !== undefined) return ['the workflow is unfinished'];
  const statuses = plan.jobIds.map((jobId) => records.get(jobId)?.status ?? 'PENDING');
  const expected = !statuses.every(isFinal)
    ? 'RUNNING'
    : statuses.some((one) => one === 'FAILED' || one === 'FAILED_FINAL')
      ? 'FAILED'
      : statuses.includes('CANCELLED')
        ? 'CANCELLED'
        : 'SUCCEEDED';
  if (status !== expected) return [`the workflow is ${status}, and not ${expected}`];
  const of = cause === undefined ? undefined : records.get(cause.jobId);
  if (cause === undefined || (of !== undefined && isFailed(of.status) && of.generation === cause.generation)) return [];
  return [`the workflow ended for ${cause.jobId}, which is ${of?.status}`];
}
