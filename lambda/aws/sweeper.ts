/** Entry of the Lambda on the schedule: sweeper, timer, ticks, bulk operations and announcements. None of them waits for another. */
import type { SweepReport } from '../../core/usecases/sweepJobs.ts';
import { tellWaiting } from '../../core/usecases/tellWaiting.ts';
import { createBulkRunner } from '../bulkRunner.ts';
import { createSweeper } from '../sweeper.ts';
import { runParts } from '../runParts.ts';
import { createTicker } from '../ticker.ts';
import { createTimer } from '../timer.ts';
import { openContainer } from './container.ts';

const { core, settled } = await openContainer('sweeper');
const [sweep, time, tick, runBulk] = [createSweeper(core), createTimer(core), createTicker(core), createBulkRunner(core)];

/** Shorter than the time that a run has. */
const tellForMs = 20_000;

export const handler = settled(async () => {
  let report: SweepReport | undefined;
  await runParts(core.log, {
    sweep: async () => void (report = await sweep()),
    time,
    tick,
    runBulk,
    tell: () => tellWaiting(core, tellForMs),
  });
  return report;
});
