/** Entry of the Lambda on the schedule: sweeper, timer, ticks and bulk operations, none of which waits for another. */
import { createBulkRunner } from '../bulkRunner.ts';
import { createSweeper } from '../sweeper.ts';
import { createTicker } from '../ticker.ts';
import { createTimer } from '../timer.ts';
import { openContainer } from './container.ts';

const { core, settled } = await openContainer('sweeper');
const [sweep, time, tick, runBulk] = [createSweeper(core), createTimer(core), createTicker(core), createBulkRunner(core)];

export const handler = settled(async () => {
  const [swept, timed, ticked, bulk] = await Promise.allSettled([sweep(), time(), tick(), runBulk()]);
  if (ticked.status === 'rejected') throw ticked.reason;
  if (timed.status === 'rejected') throw timed.reason;
  if (bulk.status === 'rejected') throw bulk.reason;
  if (swept.status === 'rejected') throw swept.reason;
  return swept.value;
});
