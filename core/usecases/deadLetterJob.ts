/**
 * What to do with a message that SQS has moved to the dead-letter queue: its receives are used up, which says nothing about its
 * job. The record decides.
 */
import { publishLatest } from '../feed/feed.ts';
import type { JobMessage } from '../queue/message.ts';
import { msUntil, verdictOn } from '../verdict.ts';
import type { LookDeps } from './lookAt.ts';
import { endJob } from './endJob.ts';
import { sendMessage } from './sendMessage.ts';

/** In each case the dead letter may be deleted. `over`: it was out of date. */
export type DeadLetterResult = 'over' | 'parked' | 'ended' | 'sentAnew';

/**
 * Ends the job where its budget is used up, with its last error. A job with budget left is sent again, to be received when it
 * is due or its worker's lease ends; only then may the dead letter be deleted.
 * @throws {JobError} `TABLE_UNAVAILABLE`, `QUEUE_UNAVAILABLE`: the dead letter must come back.
 */
export async function deadLetterJob(core: LookDeps, message: JobMessage): Promise<DeadLetterResult> {
  for (;;) {
    const job = await core.table.get(message.jobId);
    if (job === undefined) return 'over';
    const now = await core.table.time();
    const verdict = verdictOn(job, now, message.generation);
    switch (verdict.kind) {
      case 'over':
        // The process that ended it may have died before it told anyone.
        void publishLatest(core.feed, job);
        return 'over';
      case 'parked':
        return 'parked';
      case 'end': {
        const { ok } = await endJob(core, job, verdict, now);
        if (!ok) continue;
        core.telemetry.count('deadLetters', { type: job.type });
        return 'ended';
      }
      case 'wait':
        await sendMessage(core, job, msUntil(verdict.until, now) / 1000);
        return 'sentAnew';
      case 'run':
        await sendMessage(core, job, 0);
        return 'sentAnew';
      default:
        return verdict satisfies never;
    }
  }
}
