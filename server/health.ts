/**
 * `/healthz`: this process lives; with `?verbose` also its state and that of the parts it depends on. `/readyz`: it has
 * started, and is not shutting down.
 */
import { inTime } from '../runtime/inTime.ts';

export interface UnreadyPart {
  readonly part: string;
  readonly reason: string;
}

export interface Health {
  /** Answers for a path of health checks, `undefined` for any other. */
  answer(path: string, isVerbose?: boolean): Promise<{ readonly status: 200 | 503; readonly body: object }> | undefined;
  /** From now on not ready, so that no new traffic is sent here. */
  drain(): void;
}

export interface HealthDeps {
  /** The parts that do not answer, and why; empty when all do. */
  readonly notReady: () => Promise<readonly UnreadyPart[]>;
  /** The details for `?verbose`; null where a part of them is not known. */
  readonly details?: () => Promise<object>;
  /** An answer that takes longer counts as none. */
  readonly timeoutMs?: number;
}

/**
 * Ready once everything has answered one time. A server with a wrong setting therefore never is, so a roll-out stops at it.
 * After that it stays ready, whatever is away: an outage affects all servers at once, and operations that need only some parts
 * go on.
 */
export function createHealth({ notReady, details = () => Promise.resolve({}), timeoutMs = 2000 }: HealthDeps): Health {
  let hasStarted = false;
  let isDraining = false;

  async function away(): Promise<readonly UnreadyPart[]> {
    try {
      return await inTime(notReady(), timeoutMs);
    } catch (error) {
      return [{ part: 'server', reason: error instanceof Error ? error.message : 'unknown' }];
    }
  }

  async function unready(): Promise<readonly UnreadyPart[]> {
    if (isDraining) return [{ part: 'server', reason: 'is shutting down' }];
    if (hasStarted) return [];
    const parts = await away();
    hasStarted ||= parts.length === 0;
    return isDraining ? unready() : parts;
  }

  async function alive(isVerbose: boolean): Promise<{ readonly status: 200; readonly body: object }> {
    if (!isVerbose) return { status: 200, body: { status: 'alive' } };
    const [parts, told] = await Promise.all([away(), inTime(details(), timeoutMs).catch(() => ({}))]);
    return { status: 200, body: { status: 'alive', away: parts, ...told } };
  }

  return {
    answer(path, isVerbose = false) {
      if (path === '/healthz') return alive(isVerbose);
      if (path !== '/readyz') return undefined;
      return unready().then((parts) =>
        parts.length === 0 ? { status: 200, body: { status: 'ready' } } : { status: 503, body: { status: 'not ready', parts } },
      );
    },
    drain() {
      isDraining = true;
    },
  };
}
