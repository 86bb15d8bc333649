/** Watches all workflows of an owner: each change of a workflow's status, with the same promise as an owner's feed of jobs. */
import type { ToldJob } from '../feed/event.ts';
import type { Watch, WatchedEvent } from '../feed/watch.ts';
import { hintedStatus, type WorkflowTransition } from '../feed/workflowWatch.ts';
import { versionText } from '../workflow/position.ts';
import { workflowStatuses, type Workflow } from '../workflow/workflow.ts';
import type { Core } from './core.ts';
import { workflowKind } from './workflows.ts';

/** A workflow in the form that the feed knows: that of a job whose id is the workflow's. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function readWorkflowTold({ entries }: Pick<Core['table'], 'entries'>, workflowId: string): Promise<ToldJob | undefined> {
  const workflow: Workflow | undefined = (await entries.get(workflowKind, workflowId))?.value;
  if (workflow === undefined) return undefined;
  const { owner, version, status, tags, error, updatedAt } = workflow;
  const history = workflow.history.map((entry) => ({ ...entry, status: hintedStatus[entry.status], attempt: 0 }));
  return { jobId: workflowId, owner, type: '', tags, version, status: hintedStatus[status], attempts: 0, history, error, updatedAt };
}

/** The same object for the same event, shared by all watchers. */
const shown = new WeakMap<WatchedEvent, WorkflowTransition>();

function transitionOf(event: WatchedEvent): WorkflowTransition {
  const known = shown.get(event);
  if (known !== undefined) return known;
  const { jobId: workflowId, owner, version, at, error } = event;
  const status = workflowStatuses.find((one) => hintedStatus[one] === event.status) ?? 'RUNNING';
  const told = { workflowId, owner, at, sequence: versionText(version), change: { version, status, at, error } };
  shown.set(event, told);
  return told;
}

export function workflowsWatched(watch: Watch): Watch<WorkflowTransition> {
  return {
    take() {
      const event = watch.take();
      return event === undefined ? undefined : transitionOf(event);
    },
    ending: () => watch.ending(),
    listen: (listener) => watch.listen(listener),
    async next() {
      const { done, value } = await watch.next();
      return done === true || value === undefined ? { done: true, value: undefined } : { done: false, value: transitionOf(value) };
    },
    async return() {
      await watch.return();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
