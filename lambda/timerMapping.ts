/** A schedule outside AWS: runs a handler, waits, runs it again; never two runs at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../telemetry/log.ts';
import type { Mapping } from './queueMapping.ts';

export interface TimerMappingDeps {
  /** Gets a signal that fires when it should end. */
  readonly handler: (signal: AbortSignal) => Promise<unknown>;
  readonly everyMs: number;
  readonly name: string;
  readonly log: Log;
}

export function startTimerMapping({ handler, everyMs, name, log }: TimerMappingDeps): Mapping {
  const stopping = new AbortController();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      await handler(stopping.signal).catch((error: unknown) =>
        log.warn({ error, name }, 'a scheduled run failed; the next one tries again'),
      );
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
