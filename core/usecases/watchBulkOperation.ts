/**
 * A bulk operation, live: its present state, then each change of its status once and in order, and of its counts the newest,
 * until it is over.
 */
import type { Feed } from '../feed/feed.ts';
import { Follower, type FollowerDeps } from '../feed/follower.ts';
import type { Watch } from '../feed/watch.ts';
import { isOver, type BulkOperation } from './bulkOperations.ts';

/** Not awaited: a hint, like everything on the feed. Watchers read what it announces. */
export function tellOfBulk(
  feed: Pick<Feed, 'publish'>,
  { operationId, createdBy, version, startedAt, createdAt, finishedAt }: BulkOperation,
): void {
  const at = finishedAt ?? startedAt ?? createdAt;
  void feed.publish({ jobId: operationId, owner: createdBy, version, status: 'PENDING', attempt: 0, at, logged: version });
}

export interface BulkWatchOptions {
  readonly operationId: string;
  readonly afterVersion: number;
  readonly signal: AbortSignal | undefined;
  /** @throws {JobError} `BULK_OPERATION_NOT_FOUND`, `TABLE_UNAVAILABLE`. */
  readonly read: () => Promise<BulkOperation>;
  /** The operations that are watched in this process, while they are. */
  readonly among: Set<{ fail(error: Error): void }>;
}

export async function watchBulkOperation(
  deps: FollowerDeps,
  { operationId, afterVersion, signal, read, among }: BulkWatchOptions,
): Promise<Watch<BulkOperation>> {
  const follower = new Follower<BulkOperation>(deps, {
    jobId: operationId,
    after: afterVersion,
    positionOf: ({ version }) => version,
    onLeave: () => among.delete(follower),
    async read(after) {
      const operation = await read();
      return { items: statesAfter(operation, after), hasMore: false, isWhole: isOver(operation) };
    },
  });
  among.add(follower);
  const watch = follower.watch(signal);
  try {
    await follower.begin();
    return watch;
  } catch (error) {
    await watch.return();
    throw error;
  }
}

/** The events for a watcher that has seen up to a version: the beginning, if that was missed, and the present state. */
export function statesAfter(operation: BulkOperation, version: number): readonly BulkOperation[] {
  const { startedVersion = 0 } = operation;
  if (operation.version <= version) return [];
  const isMissed = version > 0 && startedVersion > version && startedVersion < operation.version;
  return isMissed ? [begun(operation, startedVersion), operation] : [operation];
}

/** As it was when it began. */
function begun(operation: BulkOperation, version: number): BulkOperation {
  const nothing = { matched: 0, done: 0, skipped: 0, failed: 0, errors: {}, finishedAt: undefined, abortedAt: undefined };
  return { ...operation, ...nothing, status: 'RUNNING', version };
}
