/** Makes the deliveries for jobs that have ended, which their writers and the relay have left undone. */
import { monotonic } from '../clock.ts';
import { JobError } from '../errors.ts';
import type { Core } from './core.ts';
import { readEach } from './readEach.ts';
import { tellWebhooks, type TellDeps } from './tellWebhooks.ts';

const pageSize = 100;

export interface Told {
  readonly deliveries: number;
  /** Skipped; the next run tries again. */
  readonly failed: number;
}

/**
 * The oldest first. Each job is independent. Any number of these at once, killed anywhere, make each delivery once. Begins no
 * further page after `forMs`. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function tellUntold(core: TellDeps & Pick<Core, 'log'>, forMs = Infinity): Promise<Told> {
  const began = monotonic();
  const total = { deliveries: 0, failed: 0 };
  let after: string | undefined;
  do {
    const page = await core.table.listPlaced({ place: 'webhooks', after, limit: pageSize });
    const { jobs, unreadable } = await readEach(core, page.jobs);
    total.failed += unreadable;
    for (const job of jobs) {
      try {
        total.deliveries += await tellWebhooks(core, job);
      } catch (error) {
        if (error instanceof JobError && error.code === 'TABLE_UNAVAILABLE') throw error;
        total.failed += 1;
        core.log.error({ error, jobId: job.jobId }, 'a job’s webhooks could not be handled; the next run tries again');
      }
    }
    after = page.next;
  } while (after !== undefined && monotonic() - began < forMs);
  return total;
}
