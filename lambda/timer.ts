/** The timer, which runs every minute, or oftener: ends the waits whose time has come. */
import type { Core } from '../core/usecases/core.ts';
import { wakeDue } from '../core/usecases/wakeDue.ts';
import { wakePaused } from '../core/usecases/wakePaused.ts';

export type Timer = () => Promise<void>;

/** Below the time that a run has in AWS. What is left is the next run’s. */
const forMs = 20_000;

/** Several at once do no harm. Each of its parts stands for itself. @throws what one of them throws, after all have ended. */
export function createTimer(core: Core): Timer {
  return async () => {
    const parts = await Promise.allSettled([wakeDue(core, forMs), wakePaused(core, { forMs })]);
    const [due, paused] = parts.map((part) => (part.status === 'fulfilled' ? part.value : undefined));
    if (parts.some((part) => part.status === 'fulfilled' && part.value.woken + part.value.failed > 0))
      core.log.info({ due, paused }, 'jobs whose wait is over were sent');
    for (const part of parts) if (part.status === 'rejected') throw part.reason;
  };
}
