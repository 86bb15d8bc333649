/** `/healthz`: this process lives. `/readyz`: what it needs answers; if not, which part does not and why. */

export interface UnreadyPart {
  readonly part: string;
  readonly reason: string;
}

export interface Health {
  /** Answers for a path of health checks, `undefined` for any other. */
  answer(path: string): Promise<{ readonly status: 200 | 503; readonly body: object }> | undefined;
  /** From now on not ready, so that no new traffic is sent here. */
  drain(): void;
}

export interface HealthDeps {
  /** What does not answer and why; empty when all do. */
  readonly notReady: () => Promise<readonly UnreadyPart[]>;
  /** An answer that takes longer counts as none. */
  readonly timeoutMs?: number;
}

export function createHealth({ notReady, timeoutMs = 2000 }: HealthDeps): Health {
  let draining = false;

  async function unready(): Promise<readonly UnreadyPart[]> {
    if (draining) return [{ part: 'server', reason: 'is shutting down' }];
    const { promise: timeout, resolve } = Promise.withResolvers<readonly UnreadyPart[]>();
    const timer = setTimeout(() => resolve([{ part: 'server', reason: `no answer within ${timeoutMs} ms` }]), timeoutMs);
    try {
      return await Promise.race([notReady(), timeout]);
    } catch (error) {
      return [{ part: 'server', reason: error instanceof Error ? error.message : 'unknown' }];
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    answer(path) {
      if (path === '/healthz') return Promise.resolve({ status: 200, body: { status: 'alive' } });
      if (path !== '/readyz') return undefined;
      return unready().then((parts) =>
        parts.length === 0 ? { status: 200, body: { status: 'ready' } } : { status: 503, body: { status: 'not ready', parts } },
      );
    },
    drain() {
      draining = true;
    },
  };
}
