/** Entry of the Lambda on the schedule: sweeper, timer and ticks, none of which waits for another. */
import { createSweeper } from '../sweeper.ts';
import { createTicker } from '../ticker.ts';
import { createTimer } from '../timer.ts';
import { openContainer } from './container.ts';

const { core, settled } = await openContainer('sweeper');
const [sweep, time, tick] = [createSweeper(core), createTimer(core), createTicker(core)];

export const handler = settled(async () => {
  const [swept, timed, ticked] = await Promise.allSettled([sweep(), time(), tick()]);
  if (ticked.status === 'rejected') throw ticked.reason;
  if (timed.status === 'rejected') throw timed.reason;
  if (swept.status === 'rejected') throw swept.reason;
  return swept.value;
});
