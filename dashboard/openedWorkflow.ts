/** One opened workflow: read as a whole, then followed until it has ended, and again if it is retried. */
import { signal as createSignal, type ReadonlySignal } from '@preact/signals-core';
import { applyEvent } from '../client/applyEvent.ts';
import type { Connection } from '../client/connection.ts';
import type { JobStatusEvent } from '../client/job.ts';
import { watchWorkflow } from '../client/workflows.ts';
import { messageOf } from './messageOf.ts';
import type { ListedWorkflow, WorkflowJob } from './workflowDocuments.ts';
import type { Workflows } from './workflows.ts';

export interface OpenedWorkflowState {
  readonly workflow: ListedWorkflow | undefined;
  /** In the order of the dependencies, without jobs that are not made yet. */
  readonly jobs: readonly WorkflowJob[];
  readonly problem: string | undefined;
}

export interface OpenedWorkflow {
  readonly state: ReadonlySignal<OpenedWorkflowState>;
  /** Reads it again, and follows it if it is open. */
  refresh(): void;
  close(): void;
}

/** Changes of a thousand jobs come one by one: they are shown together, less often for many jobs. */
const showAfterMs = (jobs: number): number => Math.max(16, jobs / 4);

/** No event says which jobs wait and why, so this is read again: less often for a large workflow. */
export const readAgainMs = (jobs: number): number => Math.max(5000, jobs * 30);

export function openWorkflow(connection: Connection, workflows: Workflows, workflowId: string): OpenedWorkflow {
  const state = createSignal<OpenedWorkflowState>({ workflow: undefined, jobs: [], problem: undefined });
  const closing = new AbortController();
  const { signal } = closing;
  let isFollowed = false;
  let soon: ReturnType<typeof setTimeout> | undefined;
  let told = new Map<string, JobStatusEvent[]>();
  let showing: ReturnType<typeof setTimeout> | undefined;

  async function read(): Promise<ListedWorkflow> {
    const [workflow, jobs] = await Promise.all([workflows.workflow(workflowId), workflows.jobs(workflowId)]);
    const known = new Map(state.peek().jobs.map((job) => [job.jobId, job]));
    // An event may be newer than what was read.
    const newest = jobs.map((job) => {
      const before = known.get(job.jobId);
      return before !== undefined && before.version > job.version ? before : job;
    });
    if (!signal.aborted) state.value = { workflow, jobs: newest, problem: undefined };
    return workflow;
  }

  function readSoon(): void {
    soon ??= setTimeout(
      () => {
        soon = undefined;
        void read().catch(() => undefined);
      },
      readAgainMs(state.peek().jobs.length) / 10,
    );
  }

  function show(): void {
    clearTimeout(showing);
    showing = undefined;
    const news = told;
    told = new Map();
    if (news.size === 0 || signal.aborted) return;
    const { jobs, ...others } = state.peek();
    const applied = jobs.map((job) => (news.get(job.jobId) ?? []).reduce((before, event) => applyEvent(before, event), job));
    state.value = { ...others, jobs: applied };
  }

  async function follow(): Promise<void> {
    let workflow = await read();
    // If it is retried while its end is read, it is opened again.
    while (workflow.status === 'RUNNING' && !signal.aborted) {
      for await (const { jobEvent } of watchWorkflow(connection, workflowId, { signal })) {
        if (jobEvent === null) continue;
        // It may wait for something else by now.
        if (jobEvent.status === 'PENDING') readSoon();
        told.set(jobEvent.jobId, [...(told.get(jobEvent.jobId) ?? []), jobEvent]);
        showing ??= setTimeout(show, showAfterMs(state.peek().jobs.length));
      }
      show();
      workflow = await read();
    }
  }

  const begin = (): void => {
    if (isFollowed || signal.aborted) return;
    isFollowed = true;
    follow()
      .catch((error: unknown) => {
        if (!signal.aborted) state.value = { ...state.peek(), problem: messageOf(error) };
      })
      .finally(() => (isFollowed = false));
  };
  begin();

  return {
    state,
    refresh() {
      if (isFollowed) void read().catch(() => undefined);
      else begin();
    },
    close() {
      clearTimeout(soon);
      clearTimeout(showing);
      closing.abort();
    },
  };
}
