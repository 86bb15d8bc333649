/**
 * A bulk operation, live: its present state, then each change of its status once and in order, and of its counts the newest,
 * until it is over.
 */
import type { Feed } from '../feed/feed.ts';
import { Follower, type FollowerDeps } from '../feed/follower.ts';
import type { Watch } from '../feed/watch.ts';
import { isOver, type BulkOperation } from './bulkOperations.ts';

/** Not awaited: a hint, as all that the feed carries. Those who watch it read what it says. */
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
  /** Those that are watched in this process: it is among them while it is. */
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

/** What there is to tell to whoever has seen up to a version: where it began, if that was missed, and how it is. */
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
