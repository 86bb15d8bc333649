/** Lambda that runs every minute: sends jobs again that no message names, and reports how long jobs wait. */
import type { SweepState } from '../core/table/jobTable.ts';
import type { Core } from '../core/usecases/core.ts';
import { longerOf, noWaits } from '../core/usecases/longestWaits.ts';
import { sweepJobs, type SweepReport } from '../core/usecases/sweepJobs.ts';

export type Sweeper = () => Promise<SweepReport>;

export function createSweeper(core: Core): Sweeper {
  let lastPass: SweepState['lastPass'];
  /** A run may see only a part of the open jobs: the numbers of the rest are those of the last pass. */
  let waits = { ofLastPass: noWaits, ofThisPass: noWaits };
  core.telemetry.gauge('sweepOpen', () => lastPass?.looked ?? 0);
  core.telemetry.gauge('sweepOverdue', () => lastPass?.overdue ?? 0);
  core.telemetry.gauge('waitingOldest', () =>
    Object.entries(longerOf(waits.ofLastPass, waits.ofThisPass)).map(([priority, ms]) => ({ value: ms / 1000, attributes: { priority } })),
  );
  return async () => {
    const report = await sweepJobs(core);
    ({ lastPass } = report);
    if (report.isSkipped) {
      core.log.debug('a sweep was skipped: after a start or an outage, workers with claims come first');
      return report;
    }
    const ofThisPass = longerOf(waits.ofThisPass, report.waits);
    waits = report.endsPass ? { ofLastPass: ofThisPass, ofThisPass: noWaits } : { ...waits, ofThisPass };
    const { sentAgain, ended, unknown, failed, looked } = report;
    if (sentAgain + ended + failed > 0) core.log.info({ looked, sentAgain, ended, unknown, failed, lastPass }, 'a sweep found work');
    return report;
  };
}
