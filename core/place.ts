/**
 * Where an item is found by those who look for its kind: its place, and its rank among the others there. Every engine keeps
 * one sparse index by `(place, rank)`, in which jobs that have not ended and entries stand; what is in no place costs nothing.
 */
import { isFinal, type Job } from './job.ts';

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

/** The order of ranks: that of UTF-8, which for odd characters is not JavaScript's. */
export function byRank(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The places of jobs. An engine may spread each over shards, by `spread`. */
export type JobPlaceName = 'open';

export interface JobPlace extends Place {
  readonly place: JobPlaceName;
  /** Those that share it share a shard. */
  readonly spread: string;
}

/** Undefined for a job that has ended. */
export function placeOf({ jobId, status }: Pick<Job, 'jobId' | 'status'>): JobPlace | undefined {
  if (isFinal(status)) return undefined;
  // Ids end at random.
  return { place: 'open', rank: jobId, spread: jobId.slice(-1) };
}
