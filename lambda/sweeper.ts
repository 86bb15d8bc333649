/** Lambda that runs every minute: sends again what no message names. */
import type { SweepState } from '../core/table/jobTable.ts';
import type { Core } from '../core/usecases/core.ts';
import { sweepJobs, type SweepReport } from '../core/usecases/sweepJobs.ts';

export type Sweeper = () => Promise<SweepReport>;

export function createSweeper(core: Core): Sweeper {
  let lastPass: SweepState['lastPass'];
  core.telemetry.gauge('sweepOpen', () => lastPass?.looked ?? 0);
  core.telemetry.gauge('sweepOverdue', () => lastPass?.overdue ?? 0);
  return async () => {
    const report = await sweepJobs(core);
    ({ lastPass } = report);
    if (report.isSkipped) core.log.debug('a sweep was left out: after a start or an outage the holders of claims come first');
    else if (report.sentAgain + report.ended + report.failed > 0) core.log.info(report, 'a sweep found work');
    return report;
  };
}
