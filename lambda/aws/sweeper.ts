/** Entry of the Lambda on the schedule: sweeper, timer, ticks and bulk operations, none of which waits for another. */
import type { SweepReport } from '../../core/usecases/sweepJobs.ts';
import { createBulkRunner } from '../bulkRunner.ts';
import { createSweeper } from '../sweeper.ts';
import { runParts } from '../runParts.ts';
import { createTicker } from '../ticker.ts';
import { createTimer } from '../timer.ts';
import { openContainer } from './container.ts';

const { core, settled } = await openContainer('sweeper');
const [sweep, time, tick, runBulk] = [createSweeper(core), createTimer(core), createTicker(core), createBulkRunner(core)];

export const handler = settled(async () => {
  let report: SweepReport | undefined;
  await runParts(core.log, { sweep: async () => void (report = await sweep()), time, tick, runBulk });
  return report;
});
