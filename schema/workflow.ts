/** Workflows as clients read them, and the fields of a job that name its dependencies and dependants. */
import type { Job, JobStatus } from '../core/job.ts';
import { JobError } from '../core/errors.ts';
import {
  countWorkflowJobs,
  defaultWorkflowsPage,
  listWorkflowJobs,
  maxWorkflowsPage,
  pageOfChildren,
} from '../core/usecases/listWorkflows.ts';
import type { Page } from '../core/usecases/listLogs.ts';
import { getWorkflow, readPlan } from '../core/usecases/workflows.ts';
import type { Workflow, WorkflowStatus } from '../core/workflow/workflow.ts';
import { builder } from './builder.ts';
import { JobConnectionType } from './connection.ts';
import type { ApiContext } from './context.ts';
import { JobFailureType, JobStatusType, JobType } from './job.ts';
import { pageCost } from './jobLog.ts';
import { loadJob } from './jobLoader.ts';
import { PageInfoType } from './pageInfo.ts';

export const WorkflowStatusType = builder.enumType('WorkflowStatus', {
  description: 'The state of a workflow. A retry of one of its failed jobs reopens a workflow that has ended.',
  values: {
    RUNNING: { description: 'Some of its jobs have not ended.' },
    SUCCEEDED: { description: 'All of its jobs have succeeded.' },
    FAILED: { description: 'All of its jobs have ended, and one of them has failed.' },
    CANCELLED: { description: 'All of its jobs have ended; none has failed, and one of them was cancelled.' },
  } satisfies Record<WorkflowStatus, { description: string }>,
});

const JobStatusCountType = builder.objectRef<{ readonly status: JobStatus; readonly count: number }>('JobStatusCount').implement({
  description: 'The number of jobs in a status.',
  fields: (t) => ({
    status: t.expose('status', { type: JobStatusType, description: 'The status.' }),
    count: t.exposeInt('count', { description: 'So many.' }),
  }),
});

const pageArguments = {
  first: `How many, 0 to ${maxWorkflowsPage}; ${defaultWorkflowsPage} if left out.`,
  after: 'Only workflows after the one at this cursor.',
};

export const WorkflowType = builder.objectRef<Workflow>('Workflow').implement({
  description: 'Jobs that were handed in together, and of which some wait for others.',
  fields: (t) => ({
    workflowId: t.exposeID('workflowId', { description: 'Its id. Ids sort by the time of creation.' }),
    owner: t.exposeString('owner', { description: 'The owner of the workflow and of its jobs.' }),
    name: t.exposeString('name', { description: 'The name that its client gave it.' }),
    tags: t.stringList({ description: 'The tags that its client gave it.', resolve: ({ tags }) => [...(tags ?? [])] }),
    status: t.expose('status', { type: WorkflowStatusType, description: 'Its state.' }),
    version: t.exposeInt('version', { description: '1 at creation, 1 more at every change of status.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was handed in.' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it ended.' }),
    error: t.expose('error', {
      type: JobFailureType,
      nullable: true,
      description: 'The failure of the first of its jobs that failed, once it has ended.',
    }),
    jobCounts: t.field({
      type: [JobStatusCountType],
      complexity: 20,
      description: 'The number of its jobs in each status; statuses without jobs are left out.',
      resolve: async ({ workflowId }, _arguments, { core, signal }) => [...(await countWorkflowJobs(core, workflowId, signal))],
    }),
    jobs: t.field({
      type: JobConnectionType,
      description: 'Its jobs, each after those that it depends on.',
      args: { first: t.arg.int({ description: pageArguments.first }), after: t.arg.string({ description: pageArguments.after }) },
      complexity: ({ first }) => pageCost(first ?? defaultWorkflowsPage, maxWorkflowsPage),
      resolve: ({ workflowId }, { first, after }, { core, signal }) => listWorkflowJobs(core, workflowId, { first, after, signal }),
    }),
    job: t.field({
      type: JobType,
      nullable: true,
      description: 'Its job with that name; null if there is none, or while it is being created.',
      args: { name: t.arg.string({ required: true, description: 'The name in the workflow.' }) },
      resolve: async ({ owner, workflowId }, { name }, { core }) => {
        const plan = await readPlan(core, workflowId);
        const jobId = plan?.jobIds[plan.numberOfName(name) ?? -1];
        return jobId === undefined ? null : ((await loadJob(core, { owner, jobId })) ?? null);
      },
    }),
  }),
});

const WorkflowEdgeType = builder.objectRef<Page<Workflow>['edges'][number]>('WorkflowEdge').implement({
  description: 'One workflow of the list, with its cursor.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'The position in the list, for `after`.' }),
    node: t.expose('node', { type: WorkflowType, description: 'The workflow.' }),
  }),
});

export const WorkflowConnectionType = builder.objectRef<Page<Workflow>>('WorkflowConnection').implement({
  description:
    'A page of workflows, newest first. With a filter it may have fewer than asked for without being the last: `hasNextPage` says so.',
  fields: (t) => ({
    edges: t.expose('edges', { type: [WorkflowEdgeType], description: 'The workflows of this page.' }),
    pageInfo: t.expose('pageInfo', { type: PageInfoType, description: 'Whether there are more pages, and where to continue.' }),
  }),
});

/** A job, as other jobs of its workflow name it. */
interface JobOfWorkflow {
  readonly jobId: string;
  readonly name: string;
  readonly owner: string;
}

const WorkflowJobRefType = builder.objectRef<JobOfWorkflow>('WorkflowJobRef').implement({
  description: 'Another job of the same workflow.',
  fields: (t) => ({
    jobId: t.exposeID('jobId', { description: 'Its ticket.' }),
    name: t.exposeString('name', { description: 'Its name in the workflow.' }),
    status: t.field({
      type: JobStatusType,
      nullable: true,
      description: 'Its status; null while the workflow is still being made.',
      resolve: async ({ owner, jobId }, _arguments, { core }) => (await loadJob(core, { owner, jobId }))?.status ?? null,
    }),
  }),
});

/** The number assumed for one job: most have few, and each status is a read. */
const usualNeighbours = 5;

async function neighbours(
  { core }: ApiContext,
  { jobId, owner, workflow }: Job,
  which: 'dependsOn' | 'dependants',
): Promise<JobOfWorkflow[]> {
  const plan = workflow === undefined ? undefined : await readPlan(core, workflow.workflowId);
  const number = plan?.numberOf(jobId);
  if (plan === undefined || number === undefined) return [];
  const numbers = which === 'dependsOn' ? (plan.jobs[number]?.dependsOn ?? []) : plan.dependants(number);
  return numbers.map((one) => ({ jobId: plan.jobIds[one] ?? '', name: plan.jobs[one]?.name ?? '', owner }));
}

builder.objectFields(JobType, (t) => ({
  workflow: t.field({
    type: WorkflowType,
    nullable: true,
    description: 'Its workflow.',
    resolve: async ({ owner, workflow }, _arguments, { core }) =>
      workflow === undefined ? null : workflowOf(core, owner, workflow.workflowId),
  }),
  workflowJobName: t.string({
    nullable: true,
    description: 'Its name in its workflow.',
    resolve: ({ workflow }) => workflow?.name ?? null,
  }),
  parent: t.field({
    type: JobType,
    nullable: true,
    description: 'The job whose handler made it.',
    resolve: async ({ owner, parent }, _arguments, { core }) =>
      parent === undefined ? null : ((await loadJob(core, { owner, jobId: parent.jobId })) ?? null),
  }),
  childName: t.string({
    nullable: true,
    description: 'The name that its parent’s handler gives it.',
    resolve: ({ parent }) => parent?.name ?? null,
  }),
  children: t.field({
    type: JobConnectionType,
    description: 'The jobs that its handler made, in no particular order.',
    args: { first: t.arg.int({ description: pageArguments.first }), after: t.arg.string({ description: pageArguments.after }) },
    complexity: ({ first }) => pageCost(first ?? defaultWorkflowsPage, maxWorkflowsPage),
    resolve: ({ jobId }, { first, after }, { core }) => pageOfChildren(core, jobId, { first, after }),
  }),
  dependsOn: t.field({
    type: [WorkflowJobRefType],
    complexity: { field: 1, multiplier: usualNeighbours },
    description: 'The jobs of its workflow that it depends on.',
    resolve: (job, _arguments, context) => neighbours(context, job, 'dependsOn'),
  }),
  dependants: t.field({
    type: [WorkflowJobRefType],
    complexity: { field: 1, multiplier: usualNeighbours },
    description: 'The jobs of its workflow that depend on it.',
    resolve: (job, _arguments, context) => neighbours(context, job, 'dependants'),
  }),
}));

async function workflowOf(core: ApiContext['core'], owner: string, workflowId: string): Promise<Workflow | null> {
  try {
    return (await getWorkflow(core, { owner, workflowId })).value;
  } catch (error) {
    if (error instanceof JobError && error.code === 'WORKFLOW_NOT_FOUND') return null;
    throw error;
  }
}
