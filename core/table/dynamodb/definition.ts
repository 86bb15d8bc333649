/**
 * The Jobs table: keys, indexes, stream and TTL, in one place. The emulator's set-up, the provisioning and the CDK read it
 * here.
 *
 * One table holds six kinds of items, told apart by the prefix of `pk`: `job#<jobId>`; `key#<owner>#<key>`, the lock item of an
 * idempotency key; `payload#<key>`, params or a result that a job's record points at; `sweep#open`, the progress of the
 * sweeper; `tag#<owner>#<tag>#<jobId>`, by which a job with a tag is found (`tags.ts`); and `entry#<kind>#<key>`, a small
 * record of a kind that stands beside its use (`entries.ts`).
 *
 * The index `troubled` holds each owner's jobs that failed, were cancelled, or have an error while they are open.
 *
 * The index `places` holds the jobs that have not succeeded, at `<place>#<shard>` (`core/place.ts`), tags, at
 * `tag#<owner>#<tag>`, and entries that have a place, at `entry#<place>`.
 */
import type { JobPlace } from '../../place.ts';

/** The number of partitions of the index over which the jobs of one place are spread. */
export const placeShards = 8;

export const jobsTable = {
  partitionKey: 'pk',
  /** Attributes that are keys of the table or of an index, with DynamoDB's type letters. */
  attributes: { pk: 'S', owner: 'S', jobId: 'S', place: 'S', rank: 'S', troubledOwner: 'S' },
  indexes: {
    /** An owner's jobs in order of creation. The index narrows by type and outcome; the record decides. */
    byOwner: { partitionKey: 'owner', sortKey: 'jobId', include: ['type', 'outcome'] },
    /** An owner's jobs that a person may want to look into, in order of creation. Sparse: a job that never fails costs nothing here. */
    troubled: { partitionKey: 'troubledOwner', sortKey: 'jobId', include: ['type', 'outcome', 'tags', 'errorCode'] },
    /** Items that are looked for by their kind, in the order of ranks. Sparse: a job that succeeds leaves it. */
    places: { partitionKey: 'place', sortKey: 'rank', include: [] },
  },
  ttlAttribute: 'expiresAt',
  stream: 'NEW_AND_OLD_IMAGES',
} as const satisfies {
  partitionKey: string;
  attributes: Record<string, 'S' | 'N' | 'B'>;
  indexes: Record<string, { partitionKey: string; sortKey: string; include: readonly string[] }>;
  ttlAttribute: string;
  stream: 'NEW_AND_OLD_IMAGES';
};

const [jobPrefix, entryPrefix] = ['job#', 'entry#'];

export const jobKey = (jobId: string): string => jobPrefix + jobId;
export const jobIdOfKey = (pk: string): string => pk.slice(jobPrefix.length);

export const entryItemKey = (key: string): string => entryPrefix + key;
export const keyOfEntryItem = (pk: string): string => pk.slice(entryPrefix.length);

/** Kept apart from the places of jobs, whatever name an entry gives its place. */
export const entryPlace = (place: string): string => entryPrefix + place;
export const placeOfEntryItem = (place: string): string => place.slice(entryPrefix.length);

export function shardOf({ place, spread }: Pick<JobPlace, 'place' | 'spread'>): string {
  let sum = 0;
  for (let index = 0; index < spread.length; index += 1) sum = (sum * 31 + spread.charCodeAt(index)) >>> 0;
  return jobShard(place, sum % placeShards);
}

export const jobShard = (place: string, shard: number): string => `${place}#${shard}`;

export const payloadItemKey = (key: string): string => `payload#${key}`;

/** Length-prefixed, so that no other owner and key give the same item. */
export const idempotencyLockKey = (owner: string, key: string): string => `key#${owner.length}#${owner}#${key}`;

/** The place of a tag's items; length-prefixed, as above. */
export const tagPlace = (owner: string, tag: string): string => `tag#${owner.length}#${owner}#${tag}`;
export const tagItemKey = (owner: string, tag: string, jobId: string): string => `${tagPlace(owner, tag)}#${jobId}`;

export const sweepKey = 'sweep#open';
