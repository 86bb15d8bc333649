/**
 * How items of one kind are found: each has a place, and a rank among the others there. Every engine keeps one sparse index by
 * `(place, rank)`, which holds entries and the jobs that have not succeeded. An item without a place costs nothing.
 */
import { isFailed, isFinal, type FailedStatus, type Job } from './job.ts';
import { waits, type WaitReason } from './waiting.ts';

export interface Place {
  readonly place: string;
  /** The order within one place, by the bytes of UTF-8. At most 1024 bytes. */
  readonly rank: string;
}

/** The part of a place that is asked for: `from` is included, `below` is not. */
export interface RankRange {
  readonly from?: string | undefined;
  readonly below?: string | undefined;
}

/** The ranks that begin with a text. The text ends in an ASCII character. */
export function under(prefix: string): RankRange & { readonly from: string; readonly below: string } {
  const last = prefix.length - 1;
  return { from: prefix, below: prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1) };
}

/** The place of entries that are deleted with a job’s record. */
export function keptPlace(jobId: string): string {
  return `kept#${jobId}`;
}

/** The order of ranks is that of UTF-8, which differs from JavaScript's for characters above U+FFFF. */
export function byRank(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * The places of jobs. An engine may spread each over shards, by `spread`.
 *
 * - `open`: may run now or soon, or runs; the sweeper pages through these, oldest first.
 * - `due`: starts later; by its time. The timer reads those whose time has come, even after a long outage.
 * - `signal`: by the end of their wait; those without an end come last.
 * - `paused`, `limit`: by what they wait for, then by creation; those of one limit's key lie in one shard.
 * - `dependencies`: by creation. When a dependency ends, the jobs that wait for it are found by the plan, not by this place.
 * - `tell`: of any status, by creation: the jobs that wait for these have not been told yet.
 * - `webhooks`: ended, and the delivery of the end to its owner's webhooks has not been made yet; the process that makes it
 * moves the job on.
 * - `FAILED`, `FAILED_FINAL`, `CANCELLED`: ended so, by creation: so they are found across all owners.
 */
export type JobPlaceName = 'open' | 'tell' | 'webhooks' | (typeof waits)[WaitReason]['place'] | FailedStatus;

/** The fields that decide where a job stands. */
export type Placed = Pick<Job, 'jobId' | 'status' | 'version' | 'waiting' | 'tell' | 'webhookVersion'>;

export interface JobPlace extends Place {
  readonly place: JobPlaceName;
  /** Jobs with the same value are stored in the same shard. */
  readonly spread: string;
}

/**
 * Undefined for a job that has succeeded, once the jobs that wait for it were told. Decided from the record alone, so each
 * write of a status or a wait sets the place.
 */
export function placeOf({ jobId, status, version, waiting, tell, webhookVersion }: Placed): JobPlace | undefined {
  // The end of an id is random.
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

/** The rank of a job due at `until` (milliseconds since the epoch); without a job, the rank before all of that time. */
export function dueRank(until: number, jobId = ''): string {
  return `${String(Math.max(0, Math.trunc(until))).padStart(15, '0')}#${jobId}`;
}

/** The rank of a job that waits for `key`, in the order of creation; without a job, the prefix of all of them, for `under(waitRank(key))`. */
export function waitRank(key: string, jobId = ''): string {
  return `${key}#${jobId}`;
}

/** The key within such a rank: ids contain no `#`. */
export function waitKeyOf(rank: string): string {
  return rank.slice(0, rank.lastIndexOf('#'));
}
