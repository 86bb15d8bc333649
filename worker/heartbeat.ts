/** Reports that this worker runs, and what it is, at intervals until it has ended. */
import type { Core } from '../core/usecases/core.ts';
import { endHeartbeats, heartbeatMs, writeHeartbeat, type WorkerInfo } from '../core/usecases/heartbeats.ts';

export interface HeartbeatDeps {
  readonly core: Pick<Core, 'table' | 'log'>;
  readonly about: Omit<WorkerInfo, 'since' | 'running'>;
  readonly running: () => number;
}

export interface Heartbeat {
  /** Reports that it has ended, if the table accepts that soon; otherwise its heartbeats just stop. */
  end(): Promise<void>;
}

/** A worker that ends waits no longer than this for that report. */
const farewellMs = 1000;

export function startHeartbeat({ core, about, running }: HeartbeatDeps): Heartbeat {
  let since: number | undefined;
  let beating: Promise<void> | undefined;

  async function tell(write: typeof writeHeartbeat): Promise<void> {
    try {
      since ??= (await core.table.time()).at;
      await write(core, { ...about, running: running(), since });
    } catch (error) {
      core.log.debug({ error }, 'a heartbeat could not be written');
    }
  }

  const beat = (): void => {
    beating ??= tell(writeHeartbeat).finally(() => (beating = undefined));
  };
  const timer = setInterval(beat, heartbeatMs).unref();
  beat();

  return {
    async end() {
      clearInterval(timer);
      // After the last heartbeat, which would create the entry again.
      const told = (beating ?? Promise.resolve()).then(() => tell(endHeartbeats));
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const giveUp = setTimeout(resolve, farewellMs);
      await Promise.race([told, late]);
      clearTimeout(giveUp);
    },
  };
}
