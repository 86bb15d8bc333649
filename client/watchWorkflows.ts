/** Watches all of an owner's workflows themselves, without their jobs, across lost connections and restarts of the server. */
import type { Connection } from './connection.ts';
import { JobTicketsError } from './errors.ts';
import { listNodes } from './listNodes.ts';
import { earlier, later, resumedFeed } from './resumedFeed.ts';
import type { WorkflowStatus } from './workflows.ts';

const readFields = 'workflowId status version createdAt finishedAt';

export const watchWorkflowsDocuments = {
  watchWorkflows: `subscription WatchWorkflows($owner: String) {
    event: workflowChanged(owner: $owner) { workflowId at status: workflowStatus version: workflowVersion } }`,
  workflowVersions: `query WorkflowVersions($filter: WorkflowsFilter, $owner: String, $after: String) {
    list: workflows(filter: $filter, owner: $owner, first: 100, after: $after) { edges { node { ${readFields} } } pageInfo { hasNextPage endCursor } } }`,
  workflowVersion: `query WorkflowVersion($workflowId: ID!) { workflow(workflowId: $workflowId) { ${readFields} } }`,
};

/** A workflow began, ended, or was opened again by a retry. */
export interface WorkflowChange {
  readonly workflowId: string;
  readonly status: WorkflowStatus;
  /** Increases with each change. */
  readonly version: number;
  /** Null where it was opened again while the connection was lost. */
  readonly at: string | null;
}

export interface WatchWorkflowsOptions {
  /** The owner of the workflows; default: the caller. Another owner needs the scope `admin`. */
  readonly owner?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface ReadWorkflow {
  readonly workflowId: string;
  readonly status: WorkflowStatus;
  readonly version: number;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

interface Known {
  readonly version: number;
  readonly isDelivered: boolean;
}

/** Of those that have ended, the oldest are dropped. */
const maxEnded = 10_000;

/**
 * Each change of each workflow once and in order. Of those while the connection was lost, and in its first two seconds, the beginning
 * and the last one of each workflow; one case is not found: a workflow that had ended before, and was retried and has ended again
 * meanwhile.
 * @throws {JobTicketsError} `FORBIDDEN`, `UNAUTHENTICATED` …; the signal's reason.
 */
export function watchWorkflows(
  connection: Connection,
  { owner, signal }: WatchWorkflowsOptions = {},
): AsyncGenerator<WorkflowChange, void, void> {
  const open = new Map<string, Known>();
  const ended = new Map<string, Known>();
  /** The time of the newest workflow that is known. */
  let heardAt = '';
  /** Workflows created at or before this time are older than the watch. */
  let floor = '';
  const { watchWorkflows: query } = watchWorkflowsDocuments;
  return resumedFeed<WorkflowChange>(connection, { query, variables: { owner }, begin, missed, told }, signal);

  async function begin(): Promise<void> {
    for await (const workflow of read()) {
      heard(workflow.createdAt);
      floor = heardAt;
      break;
    }
    for await (const workflow of read({ status: ['RUNNING'] })) note(workflow, false);
  }

  async function* missed(): AsyncGenerator<WorkflowChange, void, void> {
    const unread = new Set(open.keys());
    const horizon = later(floor, earlier(heardAt));
    for await (const workflow of read({ status: ['RUNNING'] })) {
      unread.delete(workflow.workflowId);
      yield* recovered(workflow);
    }
    for await (const workflow of read(horizon === '' ? {} : { createdAfter: horizon })) {
      unread.delete(workflow.workflowId);
      // One that is not known, and as old as the watch, had ended before it.
      if (known(workflow.workflowId) !== undefined || workflow.createdAt > horizon) yield* recovered(workflow);
    }
    for (const workflowId of unread) {
      const workflow = await readOne(workflowId);
      if (workflow === undefined) open.delete(workflowId);
      else yield* recovered(workflow);
    }
  }

  function* recovered(workflow: ReadWorkflow): Generator<WorkflowChange, void, void> {
    const { workflowId, status, version, createdAt, finishedAt } = workflow;
    heard(createdAt);
    const before = known(workflowId)?.version ?? 0;
    if (version <= before) return;
    note(workflow, true);
    // Each begins so.
    if (before === 0 && version > 1) yield { workflowId, status: 'RUNNING', version: 1, at: createdAt };
    yield { workflowId, status, version, at: finishedAt ?? (version === 1 ? createdAt : null) };
  }

  async function* told(change: WorkflowChange): AsyncGenerator<WorkflowChange, void, void> {
    const before = known(change.workflowId);
    // One that was read when the watch began was not delivered then.
    if (before !== undefined && (before.isDelivered ? change.version <= before.version : change.version < before.version)) return;
    note(change, true);
    if (change.version === 1) heard(change.at ?? '');
    yield change;
  }

  function note({ workflowId, status, version }: Pick<WorkflowChange, 'workflowId' | 'status' | 'version'>, isDelivered: boolean): void {
    open.delete(workflowId);
    ended.delete(workflowId);
    (status === 'RUNNING' ? open : ended).set(workflowId, { version, isDelivered });
    const [oldest] = ended.keys();
    if (ended.size > maxEnded && oldest !== undefined) ended.delete(oldest);
  }

  function known(workflowId: string): Known | undefined {
    return open.get(workflowId) ?? ended.get(workflowId);
  }

  function heard(at: string): void {
    if (at > heardAt) heardAt = at;
  }

  function read(filter: Readonly<Record<string, unknown>> = {}): AsyncGenerator<ReadWorkflow, void, void> {
    return listNodes(connection, { query: watchWorkflowsDocuments.workflowVersions, variables: { filter, owner }, signal });
  }

  async function readOne(workflowId: string): Promise<ReadWorkflow | undefined> {
    try {
      const operation = { query: watchWorkflowsDocuments.workflowVersion, variables: { workflowId } };
      return (await connection.request<{ workflow: ReadWorkflow }>(operation, { signal })).workflow;
    } catch (error) {
      if (error instanceof JobTicketsError && error.code === 'WORKFLOW_NOT_FOUND') return undefined;
      throw error;
    }
  }
}
