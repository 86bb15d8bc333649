/** The queries and mutations of workflows. */
import { cancelWorkflow } from '../core/usecases/cancelWorkflow.ts';
import { createWorkflow } from '../core/usecases/createWorkflow.ts';
import { defaultWorkflowsPage, listWorkflows, maxWorkflowsPage } from '../core/usecases/listWorkflows.ts';
import { retryWorkflow } from '../core/usecases/retryWorkflow.ts';
import { getWorkflow } from '../core/usecases/workflows.ts';
import { maxWorkflowJobs } from '../core/workflow/workflow.ts';
import { builder } from './builder.ts';
import { ownerMeant } from './context.ts';
import { pageCost } from './jobLog.ts';
import { WorkflowConnectionType, WorkflowType } from './workflow.ts';
import {
  CancelWorkflowInputType,
  CancelWorkflowPayloadType,
  CreateWorkflowInputType,
  CreateWorkflowPayloadType,
  createWorkflowRequest,
  RetryWorkflowInputType,
  RetryWorkflowPayloadType,
  WorkflowsFilterType,
} from './workflowInput.ts';

builder.queryFields((t) => ({
  workflow: t.field({
    type: WorkflowType,
    nullable: true,
    description: 'One workflow. WORKFLOW_NOT_FOUND if it does not exist or is someone else’s.',
    args: { workflowId: t.arg.id({ required: true, description: 'Which.' }) },
    resolve: async (_root, { workflowId }, { core, owner, isAdmin }) => (await getWorkflow(core, { owner, isAdmin, workflowId })).value,
  }),
  workflows: t.field({
    type: WorkflowConnectionType,
    description: 'The caller’s workflows, newest first, as a Relay connection. A new workflow appears in it a moment after its creation.',
    args: {
      filter: t.arg({ type: WorkflowsFilterType, description: 'Which workflows to list.' }),
      first: t.arg.int({ description: `Page size, 0 to ${maxWorkflowsPage}; ${defaultWorkflowsPage} if it is not given.` }),
      after: t.arg.string({ description: 'Only workflows after the one at this cursor.' }),
      owner: t.arg.string({
        description: 'The owner of the workflows; if left out, the caller. Another owner needs the scope `admin`: else FORBIDDEN.',
      }),
    },
    complexity: ({ first }) => pageCost(first ?? defaultWorkflowsPage, maxWorkflowsPage),
    resolve: (_root, { filter, first, after, owner }, context) =>
      listWorkflows(context.core, {
        owner: ownerMeant(context, owner),
        filter: {
          status: filter?.status ?? undefined,
          name: filter?.name ?? undefined,
          tags: filter?.tags ?? undefined,
          createdAfter: filter?.createdAfter ?? undefined,
          createdBefore: filter?.createdBefore ?? undefined,
        },
        first,
        after,
      }),
  }),
}));

builder.mutationFields((t) => ({
  createWorkflow: t.field({
    type: CreateWorkflowPayloadType,
    description: `Hands in up to ${maxWorkflowJobs} jobs of which some wait for others: all of them, or none. Each counts as a job handed in.`,
    args: { input: t.arg({ type: CreateWorkflowInputType, required: true, description: 'The workflow.' }) },
    resolve: async (_root, { input }, context) => {
      await context.spend('jobs', Math.min(input.jobs.length, maxWorkflowJobs));
      return createWorkflow(context.core, createWorkflowRequest(input, context));
    },
  }),
  retryWorkflow: t.field({
    type: RetryWorkflowPayloadType,
    description:
      'Retries all of its failed jobs; jobs that were cancelled because of them go on by themselves. WORKFLOW_NOT_RETRYABLE if none has failed.',
    args: { input: t.arg({ type: RetryWorkflowInputType, required: true, description: 'Which workflow.' }) },
    resolve: async (_root, { input: { workflowId } }, { core, owner, isAdmin, spend }) => {
      await spend('jobs', 1);
      return { workflow: await retryWorkflow(core, { owner, isAdmin, workflowId }) };
    },
  }),
  cancelWorkflow: t.field({
    type: CancelWorkflowPayloadType,
    description:
      'Cancels all of its jobs that have not ended; a running job ends within a heartbeat. WORKFLOW_NOT_CANCELLABLE if it has ended.',
    args: { input: t.arg({ type: CancelWorkflowInputType, required: true, description: 'Which workflow.' }) },
    resolve: async (_root, { input: { workflowId } }, { core, owner, isAdmin, spend }) => {
      await spend('jobs', 1);
      return { workflow: await cancelWorkflow(core, { owner, isAdmin, workflowId }) };
    },
  }),
}));
