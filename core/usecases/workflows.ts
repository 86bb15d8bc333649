/** Workflows as entries: each by its id, at a place while somebody has to go on with it, its plan apart, and listed by its owner. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { JobError } from '../errors.ts';
import { planOf, type Plan } from '../workflow/plan.ts';
import { isWorkflowOver, plannedJob, workflowSchema, type PlannedJob, type Workflow } from '../workflow/workflow.ts';
import { defineEntryKind, entryKey, type Entries, type Entry, type EntryDraft } from '../table/entries.ts';
import { payloadExpiry } from '../table/payloadLife.ts';
import type { Core } from './core.ts';
import { mayBeId, maySee, type Caller } from './readJob.ts';

export const workflowKind = defineEntryKind('workflow', workflowSchema);

/** By workflow and part: a plan may be larger than an entry. Written before its workflow. */
export const planKind = defineEntryKind('workflowPlan', z.object({ parts: z.int(), jobs: z.array(plannedJob) }));

/** Under the same key, at its owner's place. Written before its workflow. */
export const listedWorkflowKind = defineEntryKind('listedWorkflow', z.object({}));

/** An idempotency key, as long as it is remembered. */
export const workflowKeyKind = defineEntryKind('workflowKey', z.object({ workflowId: z.string(), payloadHash: z.string() }));

export type KnownWorkflow = Entry<Workflow>;

/** The places of workflows that a process has to continue, and of open ones. */
export const pendingWorkflows = 'workflows#pending';
export const openWorkflows = 'workflows#open';

export function workflowListPlace(owner: string): string {
  return `workflows#${createHash('sha256').update(owner).digest('base64url')}`;
}

export function workflowDraft(workflow: Workflow, { jobTtlDays }: Pick<Core['settings'], 'jobTtlDays'>): Omit<EntryDraft<Workflow>, 'key'> {
  const { workflowId: rank, making, cancelling, tell, finishedAt } = workflow;
  const value = { ...workflow, tags: workflow.tags?.slice(), history: workflow.history.slice() };
  if (making || cancelling || tell !== undefined) return { value, place: { place: pendingWorkflows, rank } };
  if (!isWorkflowOver(workflow)) return { value, place: { place: openWorkflows, rank } };
  return { value, expiresAt: payloadExpiry(finishedAt ?? workflow.updatedAt, jobTtlDays) };
}

/** @throws {JobError} `WORKFLOW_NOT_FOUND`, also for another owner's. */
export async function getWorkflow(
  { table }: Reads,
  { workflowId, ...caller }: Caller & { readonly workflowId: string },
): Promise<KnownWorkflow> {
  const entry = mayBeId(workflowId) && workflowId.isWellFormed() ? await table.entries.get(workflowKind, workflowId) : undefined;
  if (entry === undefined || !maySee(caller, entry.value)) throw new JobError('WORKFLOW_NOT_FOUND');
  return entry;
}

const partBytes = 250_000;

export interface KeptPlan {
  readonly plan: Plan;
  /** The number of entries that hold it. */
  readonly parts: number;
  /** Rejects with `TABLE_UNAVAILABLE`. */
  readonly kept: Promise<void>;
}

/** Renewed while the workflow is open, like everything that it needs. May be called twice. */
export function keepPlan(
  { table }: { readonly table: { readonly entries: Pick<Entries, 'put'> } },
  workflowId: string,
  jobs: readonly PlannedJob[],
  expiresAt: number,
): KeptPlan {
  const parts: PlannedJob[][] = [];
  let bytes = Infinity;
  for (const job of jobs) {
    const size = Buffer.byteLength(JSON.stringify(job));
    if (bytes + size > partBytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(job);
    bytes += size;
  }
  const plan = planOf(workflowId, jobs);
  const putting = Promise.all(
    parts.map((some, part) =>
      table.entries.put(planKind, { key: entryKey(workflowId, part), value: { parts: parts.length, jobs: some }, expiresAt }),
    ),
  );
  return { plan, parts: parts.length, kept: putting.then(() => know(table.entries, workflowId, plan)) };
}

/** It never changes. Undefined where it is gone, like the records of a workflow that ended long ago. */
export async function readPlan({ table: { entries } }: Reads, workflowId: string): Promise<Plan | undefined> {
  const known = knownPlans(entries);
  const before = known.get(workflowId);
  if (before !== undefined) {
    // The most recently used one is dropped last.
    known.delete(workflowId);
    known.set(workflowId, before);
    return before;
  }
  const first = await entries.get(planKind, entryKey(workflowId, 0));
  if (first === undefined) return undefined;
  const keys = Array.from({ length: first.value.parts - 1 }, (_, part) => entryKey(workflowId, part + 1));
  const others = keys.length === 0 ? [] : await entries.getMany(planKind, keys);
  const plan = planOf(workflowId, [...first.value.jobs, ...others.flatMap((entry) => entry?.value.jobs ?? [])]);
  know(entries, workflowId, plan);
  return plan;
}

function know(entries: object, workflowId: string, plan: Plan): void {
  const known = knownPlans(entries);
  known.set(workflowId, plan);
  let size = 0;
  for (const { jobs } of known.values()) size += jobs.length;
  for (const [oldest, { jobs }] of known) {
    if (size <= maxKnownJobs) break;
    known.delete(oldest);
    size -= jobs.length;
  }
}

interface Reads {
  readonly table: { readonly entries: Pick<Entries, 'get' | 'getMany'> };
}

/** The number of planned jobs that are cached. */
const maxKnownJobs = 20_000;

const plans = new WeakMap<object, Map<string, Plan>>();

function knownPlans(entries: object): Map<string, Plan> {
  const known = plans.get(entries) ?? new Map<string, Plan>();
  plans.set(entries, known);
  return known;
}
