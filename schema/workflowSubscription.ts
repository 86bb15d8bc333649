/** `workflowChanged`: every transition of a workflow and of its jobs, as it happens. */
import { JobError } from '../core/errors.ts';
import type { WorkflowTransition } from '../core/feed/workflowWatch.ts';
import { getWorkflow } from '../core/usecases/workflows.ts';
import { builder } from './builder.ts';
import { ownerMeant } from './context.ts';
import { JobStatusEventType } from './subscription.ts';
import { WorkflowStatusType, WorkflowType } from './workflow.ts';

const WorkflowEventType = builder.objectRef<WorkflowTransition>('WorkflowEvent').implement({
  description: 'A change of status of a workflow, or of one of its jobs.',
  fields: (t) => ({
    sequence: t.exposeID('sequence', {
      description: 'The position of the watch after this event. Pass the last one you saw as `afterSequence` to resume, on any server.',
    }),
    workflowId: t.exposeID('workflowId', { description: 'The workflow.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it changed.' }),
    jobName: t.string({
      nullable: true,
      description: 'The job’s name; null for a change of the workflow itself.',
      resolve: ({ job }) => job?.name ?? null,
    }),
    jobEvent: t.field({
      type: JobStatusEventType,
      nullable: true,
      description: 'The job’s change; null for one of the workflow itself.',
      resolve: ({ job }) => job?.event ?? null,
    }),
    workflowStatus: t.field({
      type: WorkflowStatusType,
      nullable: true,
      description: 'The workflow’s new status; null for a change of a job.',
      resolve: ({ change }) => change?.status ?? null,
    }),
    workflowVersion: t.int({
      nullable: true,
      description: 'The workflow’s version after this change; null for a change of a job.',
      resolve: ({ change }) => change?.version ?? null,
    }),
    workflow: t.field({
      type: WorkflowType,
      description: 'The workflow as it is now, which may be newer than the event.',
      resolve: async ({ workflowId, owner }, _arguments, { core }) => (await getWorkflow(core, { owner, workflowId })).value,
    }),
  }),
});

builder.subscriptionFields((t) => ({
  workflowChanged: t.field({
    type: WorkflowEventType,
    description:
      'With a workflowId: the present state of the workflow and of each of its jobs, then each change of them, once and in order for each job, until the workflow has ended; WORKFLOW_NOT_FOUND if there is none. Without a workflowId: each change of status of the caller’s workflows themselves from now on; ends with FEED_INTERRUPTED if a change may have been missed.',
    args: {
      workflowId: t.arg.id({ description: 'Which workflow; left out: all of the caller’s.' }),
      afterSequence: t.arg.id({
        description:
          'Resume after this sequence: every later change is delivered, and no earlier one. `0`: everything that is known. Only with a workflowId.',
      }),
      owner: t.arg.string({
        description:
          'Without a workflowId: the owner whose workflows to watch; left out: the caller. Another owner needs the scope `admin`, else FORBIDDEN.',
      }),
    },
    subscribe: async (_root, { workflowId, afterSequence, owner: named }, { watches, owner, isAdmin, signal, spend, lastEventId }) => {
      await spend('watches', 1);
      if (workflowId === undefined || workflowId === null) {
        if (afterSequence === undefined || afterSequence === null)
          return watches.workflows({ owner: ownerMeant({ owner, isAdmin }, named), signal });
        throw new JobError('BAD_USER_INPUT', { message: 'afterSequence needs a workflowId.', path: ['afterSequence'] });
      }
      const seen = lastEventId?.jobId === workflowId ? lastEventId.position : undefined;
      // A client that reconnects with the header has seen more than when it first asked.
      return watches.workflow({ owner, isAdmin, workflowId, afterSequence: seen ?? afterSequence ?? undefined, signal });
    },
    resolve: (event) => event,
  }),
}));
