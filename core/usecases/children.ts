/** Children: jobs that a handler makes, by names of its own, and may wait for. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { jobIdBeside } from '../derivedJobId.ts';
import type { Job } from '../job.ts';
import { defineEntryKind, entryKey } from '../table/entries.ts';
import { payloadExpiry } from '../table/payloadLife.ts';
import type { Core } from './core.ts';
import { draftOf, checkedRequest, put, type CreateJobRequest } from './recordJob.ts';
import { wakeMessage } from './wake.ts';

export const maxChildren = 1000;
export const maxDepth = 10;

/** At the place of their parent, by name. Written before the child. */
const childKind = defineEntryKind('child', z.object({ jobId: z.string() }));

export type ChildrenDeps = Pick<Core, 'table' | 'queues' | 'feed' | 'telemetry' | 'log' | 'jobTypes'> & {
  readonly settings: Pick<Core['settings'], 'jobTtlDays' | 'attemptsPerReceive' | 'maxReceiveCount' | 'objectAccess'>;
};

export function childId({ jobId }: Pick<Job, 'jobId'>, name: string): string {
  return jobIdBeside(jobId, `child#${name}`);
}

/**
 * A repeated call finds the child there, also after the parent's retry. @throws {JobError} `UNKNOWN_JOB_TYPE`,
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
  if (present !== undefined) return present;
  const whole: CreateJobRequest = { ...request, owner: parent.owner, traceId: parent.traceId, delaySeconds: 0 };
  const checked = checkedRequest(core, whole);
  const now = await core.table.time();
  const expiresAt = payloadExpiry(now.at, core.settings.jobTtlDays);
  const place = { place: childrenPlace(parent.jobId), rank: digest(name) };
  await core.table.entries.put(childKind, { key: entryKey(parent.jobId, name), value: { jobId }, place, expiresAt });
  const params = await core.table.keepPayload({ jobId, kind: 'params', value: checked.params, now: now.at });
  const depth = (parent.parent?.depth ?? 0) + 1;
  const draft = { ...draftOf(whole, { jobId, ...checked, now }), params, parent: { jobId: parent.jobId, name, depth } };
  const { job, created } = await put(core, draft);
  if (created) await wakeMessage(core, job);
  return job;
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
): Promise<{ readonly children: readonly ListedChild[]; readonly hasMore: boolean }> {
  // The next rank after a rank begins with it, or is greater.
  const from = beyond === undefined ? undefined : `${beyond} `;
  const { entries, next } = await table.entries.list(childKind, { place: childrenPlace(jobId), from, limit });
  const jobs = entries.length === 0 ? [] : await table.getMany(entries.map(({ value }) => value.jobId));
  const children = jobs.flatMap((job, index) => (job === undefined ? [] : [{ job, rank: entries[index]?.place?.rank ?? '' }]));
  return { children, hasMore: next !== undefined };
}

const childrenPlace = (jobId: string): string => `children#${jobId}`;

/** Names may contain any text, and ranks are short. */
const digest = (name: string): string => createHash('sha256').update(name).digest('base64url').slice(0, 22);
