/** Ends a job whose message SQS has given up on. */
import { isFinal, type JobFailure } from '../job.ts';
import type { JobMessage } from '../queue/message.ts';
import { advance } from './advance.ts';
import type { Core } from './core.ts';

/** `ended`: the dead letter has nothing more to do. `held`: a worker's lease still runs, so it must come back later. */
export type DeadLetterResult = 'ended' | 'held';

/**
 * FAILED_FINAL with the job's last error, only for the generation that the message names and only without a live lease:
 * a stale dead letter of a job that was retried, or that has ended, changes nothing.
 * @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function deadLetterJob(
  core: Pick<Core, 'table' | 'feed' | 'clock' | 'telemetry'>,
  message: JobMessage,
): Promise<DeadLetterResult> {
  for (;;) {
    const job = await core.table.get(message.jobId);
    if (job === undefined || isFinal(job.status) || job.generation !== message.generation) return 'ended';
    const now = core.clock.now();
    if (job.claim !== undefined && job.claim.expiresAt > now) return 'held';
    const facts = { now, generation: message.generation };
    const result = job.cancelRequested
      ? await advance(core, 'cancelAbandoned', job, { facts })
      : await advance(core, 'deadLetter', job, { facts, error: job.error ?? unexplained(job.attempts, now) });
    if (result.ok) return 'ended';
  }
}

/** Kills use up receives without leaving an error behind. */
function unexplained(attempt: number, at: number): JobFailure {
  const message = 'The message was received as often as it may be, and no receive ended the job: its workers were killed.';
  return { code: 'RECEIVES_EXHAUSTED', message, attempt, at };
}
