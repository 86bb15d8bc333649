/** Children: jobs that a handler makes, by names of its own, and may wait for. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { jobIdBeside } from '../derivedJobId.ts';
import { JobError } from '../errors.ts';
import { isFinal, type Job, type JobParent } from '../job.ts';
import { defineEntryKind, entryKey, type Entry } from '../table/entries.ts';
import { payloadExpiry } from '../table/payloadLife.ts';
import type { Core } from './core.ts';
import { draftOf, checkedRequest, put, type CreateJobRequest } from './recordJob.ts';
import { beginAnew } from './beginAnew.ts';
import { wakeMessage } from './wake.ts';

export const maxChildren = 1000;
export const maxDepth = 10;

/** At the place of their parent, by name. Written before the child. */
export const childKind = defineEntryKind('child', z.object({ jobId: z.string() }));

export type ChildrenDeps = Pick<Core, 'table' | 'queues' | 'feed' | 'telemetry' | 'log' | 'jobTypes'> & {
  readonly settings: Pick<Core['settings'], 'jobTtlDays' | 'attemptsPerReceive' | 'maxReceiveCount' | 'objectAccess'>;
};

/** Another one after a retry from the start, which makes all of them anew. */
export function childId({ jobId, stepsFrom }: Pick<Job, 'jobId' | 'stepsFrom'>, name: string): string {
  return jobIdBeside(jobId, stepsFrom === undefined ? `child#${name}` : `child@${stepsFrom}#${name}`);
}

/** Of its parent: the one that it is of. */
export function generationOf({ parent }: Pick<Job, 'parent'>): number {
  return parent?.generation ?? 1;
}

/**
 * Before the first child, by whoever holds the parent, so that whoever ends that knows of children. False where it is not held any
 * more. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function expectChildren({ table }: Pick<Core, 'table'>, { jobId }: Pick<Job, 'jobId'>, claimId: string): Promise<boolean> {
  return (await table.touch('expectChildren', jobId, { claimId }, { hasChildren: true })).ok;
}

/**
 * Whoever makes it again finds it there; see `ofPresentGeneration`. @throws {JobError} `UNKNOWN_JOB_TYPE`,
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
 * A child as a handler finds it that names it: after the parent's retry one that did not succeed is done again, and one that is
 * open goes on, for the new generation from then on. @throws {JobError} `TABLE_UNAVAILABLE`.
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
  for (let from = 0; from < jobIds.length; from += readsAtOnce) jobs.push(...(await table.getMany(jobIds.slice(from, from + readsAtOnce))));
  return jobs;
}

export interface ListedChild {
  readonly job: Job;
  readonly rank: string;
}

/** A page of a job's children, after a rank. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function listChildren(
  { table }: Pick<Core, 'table'>,
  jobId: string,
  { limit, beyond }: { readonly limit: number; readonly beyond?: string | undefined },
): Promise<{ readonly children: readonly ListedChild[]; readonly hasMore: boolean; readonly last: string | undefined }> {
  // What follows a rank begins with it, or is the next one.
  const from = beyond === undefined ? undefined : `${beyond} `;
  const { entries, next } = await table.entries.list(childKind, { place: childrenPlace(jobId), from, limit });
  const jobs = entries.length === 0 ? [] : await table.getMany(entries.map(({ value }) => value.jobId));
  const children = jobs.flatMap((job, index) => (job === undefined ? [] : [{ job, rank: entries[index]?.place?.rank ?? '' }]));
  // Also where the last ones are not there yet, so that whoever pages does not begin again.
  return { children, hasMore: next !== undefined, last: entries.at(-1)?.place?.rank };
}

/** All of a job's children, page by page. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function* childrenOf(core: Pick<Core, 'table'>, jobId: string): AsyncGenerator<readonly Job[]> {
  for await (const entries of childEntriesOf(core, jobId)) {
    yield (await core.table.getMany(entries.map(({ value }) => value.jobId))).filter((job) => job !== undefined);
  }
}

export async function* childEntriesOf({ table }: Pick<Core, 'table'>, jobId: string): AsyncGenerator<readonly Entry<{ jobId: string }>[]> {
  let cursor: string | undefined;
  do {
    const { entries, next } = await table.entries.list(childKind, { place: childrenPlace(jobId), cursor, limit: readsAtOnce });
    if (entries.length > 0) yield entries;
    cursor = next;
  } while (cursor !== undefined);
}

const childrenPlace = (jobId: string): string => `children#${jobId}`;

/** Names may contain any text, and ranks are short. */
const digest = (name: string): string => createHash('sha256').update(name).digest('base64url').slice(0, 22);
