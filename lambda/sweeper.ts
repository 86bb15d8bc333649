/** Lambda that runs every minute: sends again what no message names, and tells how long jobs wait. */
import type { SweepState } from '../core/table/jobTable.ts';
import type { Core } from '../core/usecases/core.ts';
import { longerOf, noWaits } from '../core/usecases/longestWaits.ts';
import { sweepJobs, type SweepReport } from '../core/usecases/sweepJobs.ts';

export type Sweeper = () => Promise<SweepReport>;

export function createSweeper(core: Core): Sweeper {
  let lastPass: SweepState['lastPass'];
  /** A run may see a part of what is open: the pass before tells of the rest. */
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
      core.log.debug('a sweep was left out: after a start or an outage the holders of claims come first');
      return report;
    }
    const ofThisPass = longerOf(waits.ofThisPass, report.waits);
    waits = report.endsPass ? { ofLastPass: ofThisPass, ofThisPass: noWaits } : { ...waits, ofThisPass };
    const { sentAgain, ended, unknown, failed, looked } = report;
    if (sentAgain + ended + failed > 0) core.log.info({ looked, sentAgain, ended, unknown, failed, lastPass }, 'a sweep found work');
    return report;
  };
}
