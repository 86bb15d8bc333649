/** The connections of each owner: how many an owner may have at once, and how all of them are ended gradually. */
import { setTimeout as sleep } from 'node:timers/promises';
import { JobError } from '../../core/errors.ts';

/** A socket, a stream or a request. */
export interface Connection {
  /** Asks the client to end it. */
  end(): void;
}

export interface Connections {
  /** Counts it. @throws {JobError} `RATE_LIMITED` where the owner has as many as allowed. */
  open(owner: string, connection: Connection): void;
  /** Counts it no longer. May be called twice. */
  close(owner: string, connection: Connection): void;
  /** Ends the open ones, one after another, within `withinMs`, or at once when `hurry` fires. */
  drain(withinMs: number, hurry: AbortSignal): Promise<void>;
}

/** A few are ended quickly; many take all the allowed time, since each client reconnects elsewhere at once. */
const drainStepMs = 5;

export function createConnections({ maxPerOwner }: { /** 0 = no limit. */ readonly maxPerOwner: number }): Connections {
  const counts = new Map<string, number>();
  const connections = new Set<Connection>();

  return {
    open(owner, connection) {
      const count = counts.get(owner) ?? 0;
      if (maxPerOwner > 0 && count >= maxPerOwner) {
        throw new JobError('RATE_LIMITED', { message: `At most ${maxPerOwner} connections of one owner at a time.`, retryAfterSeconds: 1 });
      }
      counts.set(owner, count + 1);
      connections.add(connection);
    },

    close(owner, connection) {
      if (!connections.delete(connection)) return;
      const left = (counts.get(owner) ?? 1) - 1;
      if (left === 0) counts.delete(owner);
      else counts.set(owner, left);
    },

    async drain(withinMs, hurry) {
      const open = [...connections];
      const spreadMs = Math.min(withinMs, open.length * drainStepMs);
      const startedAt = performance.now();
      for (const [index, connection] of open.entries()) {
        const waitMs = startedAt + (spreadMs * index) / open.length - performance.now();
        if (waitMs >= drainStepMs && !hurry.aborted) await sleep(waitMs, undefined, { signal: hurry }).catch(() => undefined);
        if (connections.has(connection)) connection.end();
      }
    },
  };
}
