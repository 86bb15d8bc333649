/** Entry of the Lambda on the schedule: sweeper, timer, ticks and what is to be told, none of which waits for another. */
import { tellWaiting } from '../../core/usecases/tellWaiting.ts';
import { createSweeper } from '../sweeper.ts';
import { createTicker } from '../ticker.ts';
import { createTimer } from '../timer.ts';
import { openContainer } from './container.ts';

const { core, settled } = await openContainer('sweeper');
const [sweep, time, tick] = [createSweeper(core), createTimer(core), createTicker(core)];

/** Below the time that a run has. */
const tellForMs = 20_000;

export const handler = settled(async () => {
  const [swept, timed, ticked, told] = await Promise.allSettled([sweep(), time(), tick(), tellWaiting(core, tellForMs)]);
  if (told.status === 'rejected') throw told.reason;
  if (ticked.status === 'rejected') throw ticked.reason;
  if (timed.status === 'rejected') throw timed.reason;
  if (swept.status === 'rejected') throw swept.reason;
  return swept.value;
});
