/** Lambda that runs every minute: sends again what no message names. */
import type { Core } from '../core/usecases/core.ts';
import { sweepJobs, type SweepReport } from '../core/usecases/sweepJobs.ts';

export type Sweeper = () => Promise<SweepReport>;

export function createSweeper(core: Core): Sweeper {
  return async () => {
    const report = await sweepJobs(core);
    if (report.isSkipped || report.sentAgain + report.ended + report.failed > 0) core.log.info(report, 'a sweep');
    return report;
  };
}
