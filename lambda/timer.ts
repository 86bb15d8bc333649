/** The timer, which runs every minute, or oftener: ends the waits whose time has come. */
import type { Core } from '../core/usecases/core.ts';
import { keepParked } from '../core/usecases/keepParked.ts';
import { wakeSignalled } from '../core/usecases/tellSignals.ts';
import { wakeDue } from '../core/usecases/wakeDue.ts';
import type { Woken } from '../core/usecases/wakeEach.ts';
import { wakeLimited } from '../core/usecases/wakeLimited.ts';
import { wakePaused } from '../core/usecases/wakePaused.ts';

export type Timer = () => Promise<void>;

/** Below the time that a run has in AWS. What is left is the next run’s. */
const forMs = 20_000;

/** Several at once do no harm. Each of its parts stands for itself. @throws what one of them throws, after all have ended. */
export function createTimer(core: Core): Timer {
  async function told(place: string, waking: Promise<Woken>): Promise<void> {
    const { woken, failed } = await waking;
    if (woken + failed > 0) core.log.info({ place, woken, failed }, 'jobs whose wait is over were sent');
  }

  return async () => {
    const parts = await Promise.allSettled([
      told('due', wakeDue(core, forMs)),
      told('signal', wakeSignalled(core, forMs)),
      told('paused', wakePaused(core, { forMs })),
      told('limit', wakeLimited(core, { forMs })),
      keepParked(core, forMs),
    ]);
    for (const part of parts) if (part.status === 'rejected') throw part.reason;
  };
}
