/** The timer, run every minute, or more often: ends the waits whose time has come, and makes the deliveries to webhooks that nobody made. */
import type { Core } from '../core/usecases/core.ts';
import { keepParked } from '../core/usecases/keepParked.ts';
import { wakeSignalled } from '../core/usecases/tellSignals.ts';
import { tellUntold } from '../core/usecases/tellUntold.ts';
import { trackForWebhooks } from '../core/usecases/trackForWebhook.ts';
import { wakeDue } from '../core/usecases/wakeDue.ts';
import type { Woken } from '../core/usecases/wakeEach.ts';
import { wakeLimited } from '../core/usecases/wakeLimited.ts';
import { wakePaused } from '../core/usecases/wakePaused.ts';
import { runParts } from './runParts.ts';

export type Timer = () => Promise<void>;

/** Shorter than the time that a run has in AWS. The rest is done by the next run. */
const forMs = 20_000;

/** Several runs at once do no harm. Its parts are independent. @throws a failure of one of them, after all have ended. */
export function createTimer(core: Core): Timer {
  async function told(place: string, waking: Promise<Woken>): Promise<void> {
    const { woken, failed } = await waking;
    if (woken + failed > 0) core.log.info({ place, woken, failed }, 'jobs whose wait is over were sent');
  }

  return () =>
    runParts(core.log, {
      due: () => told('due', wakeDue(core, forMs)),
      signal: () => told('signal', wakeSignalled(core, forMs)),
      paused: () => told('paused', wakePaused(core, { forMs })),
      limit: () => told('limit', wakeLimited(core, { forMs })),
      kept: () => keepParked(core, forMs),
      untold: () => tellUntold(core, forMs),
      tracked: () => trackForWebhooks(core, forMs),
    });
}
