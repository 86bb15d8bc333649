/** Lambda that runs every minute: sends again what no message names, and gives up what was sent too often. */
import type { Core } from '../core/usecases/core.ts';
import { sweepJobs, type SweepReport } from '../core/usecases/sweepJobs.ts';

export type Sweeper = () => Promise<SweepReport>;

export function createSweeper(core: Core): Sweeper {
  return async () => {
    const report = await sweepJobs(core);
    if (report.sentAgain + report.cancelled + report.givenUp > 0) core.log.info(report, 'a sweep found work');
    return report;
  };
}
