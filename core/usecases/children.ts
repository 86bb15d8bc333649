/** Children: jobs that a handler makes, by names of its own, and may wait for. */
import { createHash } from 'node:crypto';
import { batchesOf } from '../batches.ts';
import { jobIdBeside } from '../derivedJobId.ts';
import { JobError } from '../errors.ts';
import { isFinal, type Job, type JobParent } from '../job.ts';
import { entryKey } from '../table/entries.ts';
import { payloadExpiry } from '../table/payloadLife.ts';
import type { Core } from './core.ts';
import { draftOf, checkedRequest, put, type CreateJobRequest } from './recordJob.ts';
import { beginAnew } from './beginAnew.ts';
import { childKind, childrenPlace, generationOf } from './childList.ts';
import { wakeMessage } from './wake.ts';

export const maxChildren = 1000;
export const maxDepth = 10;

export type ChildrenDeps = Pick<Core, 'table' | 'queues' | 'feed' | 'telemetry' | 'log' | 'jobTypes'> & {
  readonly settings: Pick<Core['settings'], 'jobTtlDays' | 'attemptsPerReceive' | 'maxReceiveCount' | 'objectAccess'>;
};

/** A retry from the start creates all children again, under other ids. */
export function childId({ jobId, stepsFrom }: Pick<Job, 'jobId' | 'stepsFrom'>, name: string): string {
  return jobIdBeside(jobId, stepsFrom === undefined ? `child#${name}` : `child@${stepsFrom}#${name}`);
}

/**
 * Called before the first child by the worker that holds the parent's claim, so that the process that ends the parent knows that
 * there are children. False if the claim is lost. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function expectChildren({ table }: Pick<Core, 'table'>, { jobId }: Pick<Job, 'jobId'>, claimId: string): Promise<boolean> {
  return (await table.touch('expectChildren', jobId, { claimId }, { hasChildren: true })).ok;
}

/**
 * A repeated call finds the child there; see `ofPresentGeneration`. @throws {JobError} `UNKNOWN_JOB_TYPE`,
 * `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`.
 */
export async function createChild(
  core: ChildrenDeps,
  parent: Job,
  name: string,
  request: Pick<CreateJobRequest, 'type' | 'params' | 'priority' | 'tags'>,
): Promise<Job> {
  const jobId = childId(parent, name);
  const present = await core.table.get(jobId);
  if (present !== undefined) return ofPresentGeneration(core, parent, present);
  const whole: CreateJobRequest = { ...request, owner: parent.owner, traceId: parent.traceId, delaySeconds: 0 };
  const checked = checkedRequest(core, whole);
  const now = await core.table.time();
  const expiresAt = payloadExpiry(now.at, core.settings.jobTtlDays);
  const key = parent.stepsFrom === undefined ? entryKey(parent.jobId, name) : entryKey(parent.jobId, parent.stepsFrom, name);
  const place = { place: childrenPlace(parent.jobId), rank: digest(key) };
  await core.table.entries.put(childKind, { key, value: { jobId }, place, expiresAt });
  const params = await core.table.keepPayload({ jobId, kind: 'params', value: checked.params, now: now.at });
  const draft = { ...draftOf(whole, { jobId, ...checked, now }), params, parent: parentOf(parent, name) };
  const { job, created } = await put(core, draft);
  if (created) await wakeMessage(core, job);
  return job;
}

function parentOf({ jobId, parent, generation }: Job, name: string): JobParent {
  return { jobId, name, depth: (parent?.depth ?? 0) + 1, ...(generation === 1 ? {} : { generation }) };
}

/**
 * A child as the handler that names it gets it. After the parent's retry, a child that did not succeed is retried, and an open
 * one goes on and belongs to the new generation. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function ofPresentGeneration(core: ChildrenDeps, parent: Job, found: Job): Promise<Job> {
  let child = found;
  while (child.status !== 'SUCCEEDED' && generationOf(child) < parent.generation) {
    const adopted = { parent: parentOf(parent, child.parent?.name ?? '') };
    const isOver = isFinal(child.status);
    const { ok, job } = isOver
      ? await beginAnew(core, 'retry', child, { now: await core.table.time() }, adopted)
      : await core.table.touch('adopt', child.jobId, { writeId: child.writeId }, adopted);
    if (job === undefined) throw new JobError('TABLE_UNAVAILABLE', { jobId: child.jobId });
    if (ok && isOver) await wakeMessage(core, job);
    child = job;
  }
  return child;
}

const readsAtOnce = 100;

/** By their names; undefined where a child was not made. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function readChildren(
  { table }: Pick<Core, 'table'>,
  parent: Job,
  names: readonly string[],
): Promise<readonly (Job | undefined)[]> {
  const jobIds = names.map((name) => childId(parent, name));
  const jobs: (Job | undefined)[] = [];
  for (const some of batchesOf(jobIds, readsAtOnce)) jobs.push(...(await table.getMany(some)));
  return jobs;
}

/** Names may hold anything, and ranks are short. */
const digest = (name: string): string => createHash('sha256').update(name).digest('base64url').slice(0, 22);
