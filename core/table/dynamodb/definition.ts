/**
 * The Jobs table: keys, indexes, stream and TTL, once. The embedded default, the provisioning and the CDK read it here.
 *
 * One table holds four kinds of items, told apart by the prefix of `pk`: `job#<jobId>`; `key#<owner>#<key>`, the lock
 * item of an idempotency key; `payload#<key>`, params or a result that a job's record points at; and `sweep#open`, how
 * far the sweeper has come.
 */

/** One partition of the open index per shard; a sweep reads them one after the other. */
export const openShards = 8;

export const jobsTable = {
  partitionKey: 'pk',
  /** Attributes that are keys of the table or of an index, with DynamoDB's type letters. */
  attributes: { pk: 'S', owner: 'S', jobId: 'S', openShard: 'S' },
  indexes: {
    /** An owner's jobs in order of creation. The index narrows by type and outcome, the record decides. */
    byOwner: { partitionKey: 'owner', sortKey: 'jobId', include: ['type', 'outcome'] },
    /** Jobs that have not ended, oldest first; sparse: the final transition removes `openShard`. */
    open: { partitionKey: 'openShard', sortKey: 'jobId', include: [] },
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

export const jobKey = (jobId: string): string => `job#${jobId}`;

export const payloadItemKey = (key: string): string => `payload#${key}`;

/** Length-prefixed, so that no owner and key spell another's item. */
export const idempotencyLockKey = (owner: string, key: string): string => `key#${owner.length}#${owner}#${key}`;

export const sweepKey = 'sweep#open';
