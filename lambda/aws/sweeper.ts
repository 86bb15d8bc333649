/** Entry of the Lambda on the schedule: sweeper and timer, neither of which waits for the other. */
import { createSweeper } from '../sweeper.ts';
import { createTimer } from '../timer.ts';
import { openContainer } from './container.ts';

const { core, settled } = await openContainer('sweeper');
const [sweep, time] = [createSweeper(core), createTimer(core)];

export const handler = settled(async () => {
  const [swept, timed] = await Promise.allSettled([sweep(), time()]);
  if (timed.status === 'rejected') throw timed.reason;
  if (swept.status === 'rejected') throw swept.reason;
  return swept.value;
});
