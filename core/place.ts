/**
 * Where an item is found by those who look for its kind: its place, and its rank among the others there. Every engine keeps
 * one sparse index by `(place, rank)`, in which entries stand and jobs that have not succeeded; what is in no place costs nothing.
 */
import { isFailed, isFinal, type FailedStatus, type Job } from './job.ts';
import { waits, type WaitReason } from './waiting.ts';

export interface Place {
  readonly place: string;
  /** Orders those of one place, by the bytes of UTF-8. At most 1024 bytes. */
  readonly rank: string;
}

/** Which part of a place is asked for: `from` is within it, `below` is not. */
export interface RankRange {
  readonly from?: string | undefined;
  readonly below?: string | undefined;
}

/** The ranks that begin with a text, which ends in an ASCII character. */
export function under(prefix: string): RankRange & { readonly from: string; readonly below: string } {
  const last = prefix.length - 1;
  return { from: prefix, below: prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1) };
}

/** Of the entries that go with a job’s record. */
export function keptPlace(jobId: string): string {
  return `kept#${jobId}`;
}

/** The order of ranks: that of UTF-8, which for odd characters is not JavaScript's. */
export function byRank(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * The places of jobs. An engine may spread each over shards, by `spread`.
 *
 * - `open`: may run now or soon, or runs; the sweeper pages through these, oldest first.
 * - `due`: starts later; by its time. The timer reads what has come, however long nobody has looked.
 * - `signal`: by the time when they wait no longer; those without one come last.
 * - `paused`, `limit`: by what they wait for, then by creation; those of one limit's key lie in one shard.
 * - `dependencies`: by creation; whoever ends what such a job waits for finds it by the plan, and nobody by this.
 * - `tell`: whatever their status is, by creation: those that wait for these are still to be told.
 * - `webhooks`: ended, and of its end its owner's webhooks have no delivery yet; whoever made it moves it on.
 * - `FAILED`, `FAILED_FINAL`, `CANCELLED`: ended so, by creation: how these are found whosever they are.
 */
export type JobPlaceName = 'open' | 'tell' | 'webhooks' | (typeof waits)[WaitReason]['place'] | FailedStatus;

/** What decides where a job stands. */
export type Placed = Pick<Job, 'jobId' | 'status' | 'version' | 'waiting' | 'tell' | 'webhookVersion'>;

export interface JobPlace extends Place {
  readonly place: JobPlaceName;
  /** Those that share it share a shard. */
  readonly spread: string;
}

/** Undefined for a job that has succeeded and been told of. Decided from the record alone, so that each write of a status or a wait sets it. */
export function placeOf({ jobId, status, version, waiting, tell, webhookVersion }: Placed): JobPlace | undefined {
  // Ids end at random.
  const spread = jobId.slice(-1);
  if (tell !== undefined) return { place: 'tell', rank: jobId, spread };
  if (isFinal(status) && webhookVersion !== undefined && webhookVersion < version) return { place: 'webhooks', rank: jobId, spread };
  if (isFailed(status)) return { place: status, rank: jobId, spread };
  if (isFinal(status)) return undefined;
  if (waiting === undefined) return { place: 'open', rank: jobId, spread };
  const { place } = waits[waiting.reason];
  switch (place) {
    case 'due':
      return { place, rank: dueRank(waiting.until ?? 0, jobId), spread };
    case 'signal':
      return { place, rank: dueRank(waiting.until ?? maxRanked, jobId), spread };
    case 'paused':
      return { place, rank: waitRank(waiting.for ?? '', jobId), spread };
    case 'limit':
      return { place, rank: waitRank(waiting.for ?? '', jobId), spread: waiting.for ?? '' };
    case 'dependencies':
      return { place, rank: jobId, spread };
    default:
      return place satisfies never;
  }
}

const maxRanked = 999_999_999_999_999;

/** Of those due at `until` (milliseconds since the epoch); without a job, before them all. */
export function dueRank(until: number, jobId = ''): string {
  return `${String(Math.max(0, Math.trunc(until))).padStart(15, '0')}#${jobId}`;
}

/** Of those that wait for `key`, in the order of creation; without a job, before them all: `under(waitRank(key))` are they. */
export function waitRank(key: string, jobId = ''): string {
  return `${key}#${jobId}`;
}

/** The key of such a rank: ids hold no `#`. */
export function waitKeyOf(rank: string): string {
  return rank.slice(0, rank.lastIndexOf('#'));
}
