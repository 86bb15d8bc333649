/** Hands in a workflow: checks all of it, writes its plan, then the workflow in one write, then its jobs. */
import { createHash } from 'node:crypto';
import { JobError } from '../errors.ts';
import { workflowHint } from '../feed/workflowWatch.ts';
import { isTag, maxIdempotencyKeyLength, maxTagLength, maxTags } from '../job.ts';
import { payloadExpiry } from '../table/payloadLife.ts';
import { badInput, requireText } from '../text.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { checkedJobs, type WorkflowJobRequest } from './checkWorkflow.ts';
import type { Core } from './core.ts';
import { makeJobs } from './makeWorkflow.ts';
import { canonicalJson } from './recordJob.ts';
import { keepPlan, listedWorkflowKind, workflowDraft, workflowKeyKind, workflowKind, workflowListPlace } from './workflows.ts';

export const maxWorkflowNameLength = 100;

export interface CreateWorkflowRequest {
  readonly owner: string;
  readonly name: string;
  readonly idempotencyKey?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly jobs: readonly WorkflowJobRequest[];
  readonly traceId: string;
}

export interface CreatedWorkflow {
  readonly workflow: Workflow;
  /** False when the idempotency key already had its workflow. */
  readonly created: boolean;
}

/**
 * All or nothing: when this answers, all of its jobs are accepted. If the process that makes them dies, the sweeper continues.
 * @throws {JobError} `BAD_USER_INPUT`, `UNKNOWN_JOB_TYPE`, with the path and with nothing written; `IDEMPOTENCY_KEY_REUSED`;
 * `TABLE_UNAVAILABLE`.
 */
export async function createWorkflow(core: Core, request: CreateWorkflowRequest): Promise<CreatedWorkflow> {
  checkWhole(request);
  const checked = checkedJobs(core, request);
  const now = await core.table.time();
  const workflowId = await idOf(core, request, {
    fresh: core.newJobId(Math.trunc(now.at)),
    lowSeconds: Math.floor(now.low / 1000),
  });
  const present = request.idempotencyKey === undefined ? undefined : await core.table.entries.get(workflowKind, workflowId);
  if (present !== undefined) return { workflow: present.value, created: false };

  const jobs = await Promise.all(
    checked.map(async ({ value, ...planned }) => {
      const keptFrom = Math.max(now.at, planned.runAt ?? 0);
      return { ...planned, params: await core.table.keepPayload({ jobId: workflowId, kind: 'params', value, now: keptFrom }) };
    }),
  );
  const expiresAt = payloadExpiry(now.at, core.settings.jobTtlDays);
  const { plan, parts: planParts, kept } = keepPlan(core, workflowId, jobs, expiresAt);
  const { owner, name, traceId, idempotencyKey, tags } = request;
  const place = { place: workflowListPlace(owner), rank: workflowId };
  const prepared = Promise.all([kept, core.table.entries.put(listedWorkflowKind, { key: workflowId, value: {}, place, expiresAt })]);
  // Requested in the same turn, so they are written together with the workflow, or not at all.
  if (core.table.keepsOrder !== true) await prepared;
  const workflow: Workflow = {
    workflowId,
    owner,
    name,
    traceId,
    idempotencyKey,
    tags: tags === undefined || tags.length === 0 ? undefined : [...new Set(tags)],
    status: 'RUNNING',
    version: 1,
    createdAt: now.at,
    updatedAt: now.at,
    jobCount: jobs.length,
    planParts,
    making: true,
    cancelling: false,
    webhookVersion: 1,
    waitsFor: plan.backwards[0],
    history: [{ version: 1, status: 'RUNNING', at: now.at }],
  };
  const draft = { key: workflowId, ...workflowDraft(workflow, core.settings) };
  const [{ ok, entry }] = await Promise.all([core.table.entries.create(workflowKind, draft), prepared]);
  if (entry === undefined) throw new JobError('TABLE_UNAVAILABLE');
  // Of all processes that try now with one key, one put wins.
  if (!ok) return { workflow: entry.value, created: false };
  void core.feed.publish(workflowHint(entry.value));
  return { workflow: (await makeJobs(core, entry, plan)) ?? entry.value, created: true };
}

/** By its key: the id that was first taken with it. A crash between that and the workflow is repaired by the next call. */
async function idOf(
  { table, settings }: Core,
  request: CreateWorkflowRequest,
  { fresh, lowSeconds }: { readonly fresh: string; readonly lowSeconds: number },
): Promise<string> {
  const { owner, idempotencyKey } = request;
  if (idempotencyKey === undefined) return fresh;
  const payloadHash = hashOfWorkflow(request);
  const key = createHash('sha256')
    .update(JSON.stringify([owner, idempotencyKey]))
    .digest('base64url');
  const ttlSeconds = Math.min(settings.idempotencyTtlSeconds, settings.jobTtlDays * 86_400);
  const draft = { key, value: { workflowId: fresh, payloadHash }, expiresAt: lowSeconds + ttlSeconds };
  const { entry } = await table.entries.create(workflowKeyKind, draft);
  if (entry === undefined) throw new JobError('TABLE_UNAVAILABLE');
  if (entry.value.payloadHash === payloadHash) return entry.value.workflowId;
  throw new JobError('IDEMPOTENCY_KEY_REUSED');
}

function checkWhole({ name, idempotencyKey, tags = [] }: CreateWorkflowRequest): void {
  if (requireText(name, ['name']).length === 0 || name.length > maxWorkflowNameLength) {
    throw badInput(`has 1 to ${maxWorkflowNameLength} characters`, ['name']);
  }
  if (idempotencyKey !== undefined) {
    const { length } = requireText(idempotencyKey, ['idempotencyKey']);
    if (length === 0 || length > maxIdempotencyKeyLength)
      throw badInput(`has 1 to ${maxIdempotencyKeyLength} characters`, ['idempotencyKey']);
  }
  if (tags.length > maxTags) throw badInput(`has at most ${maxTags} tags`, ['tags']);
  for (const [index, tag] of tags.entries()) {
    requireText(tag, ['tags', index]);
    if (!isTag(tag)) throw badInput(`has 1 to ${maxTagLength} characters`, ['tags', index]);
  }
}

function hashOfWorkflow({ name, tags = [], jobs }: CreateWorkflowRequest): string {
  return createHash('sha256')
    .update(canonicalJson({ name, tags: tags.toSorted(), jobs }))
    .digest('base64url');
}
