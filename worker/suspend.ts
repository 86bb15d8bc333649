/** What is written of a job whose handler waits, and what is done after that write so that no end of the wait is missed. */
import type { ServiceTime } from '../core/clock.ts';
import type { Job } from '../core/job.ts';
import type { Changes } from '../core/table/jobTable.ts';
import { sendMessage } from '../core/usecases/sendMessage.ts';
import { wakeJob } from '../core/usecases/wake.ts';
import { msUntil } from '../core/verdict.ts';
import { endsSoon, maxDelayMs } from '../core/waiting.ts';
import { awaitingChanges } from '../core/workflow/moves.ts';
import type { Claimed } from './claim.ts';
import { acknowledgementOf, type Acknowledgement, type Outcome } from './outcome.ts';
import type { WorkerParts } from './parts.ts';
import type { Wait } from './suspension.ts';
import { untilAnswered } from './untilAnswered.ts';

/** A sleep that a queue can wait for is a due time like any other; what is longer, or has no time, is parked. */
export function suspensionOf(
  { failures, wait: { waiting, jobIds = [] } }: Extract<Outcome, { kind: 'suspended' }>,
  { job, now }: { readonly job: Pick<Job, 'version'>; readonly now: ServiceTime },
): Changes {
  const [first] = jobIds;
  const written: Changes = { failures, error: null, suspended: true, waitsFor: first ?? null };
  // Told of like any other change: whoever tells looks at the job itself, and then lets it go.
  if (waiting.reason === 'DEPENDENCIES' && first !== undefined) return { ...written, ...awaitingChanges(job, first), dueAt: null };

  if (waiting.reason !== 'SLEEP' || waiting.until === undefined) return { ...written, waiting, dueAt: null };
  const isFar = waiting.until - now.high > maxDelayMs;
  return { ...written, dueAt: waiting.until, ...(isFar ? { waiting } : {}) };
}

/**
 * After the write, whoever made it: looks once more at what is waited for, and sends a message that waits for the end of a
 * short wait. The present message goes, so that a job may be suspended any number of times. Should this die in between,
 * the timer or the sweeper does the same.
 */
export async function followSuspension(
  parts: WorkerParts,
  { job: { version, generation }, log }: Claimed,
  present: Job | undefined,
  wait: Wait,
): Promise<Acknowledgement> {
  const { core } = parts;
  const now = await core.table.time();
  // Who told of it has let it go, where that was to be done.
  if (wait.waiting.reason === 'DEPENDENCIES') return acknowledgementOf(present, now, generation);
  const isOurs = present?.suspended === true && present.status === 'PENDING' && present.version === version + 1;
  if (!isOurs) return acknowledgementOf(present, now, generation);
  try {
    const { waiting, dueAt } = present;
    if (waiting !== undefined && (await untilAnswered(parts, { ask: () => wait.isOver(), signal: parts.graceOver }))) {
      await wakeJob(core, present);
      return { kind: 'deleted' };
    }
    const endsAt = waiting === undefined ? dueAt : endsSoon(waiting, now) ? waiting.until : undefined;
    if (endsAt !== undefined) await sendMessage(core, present, msUntil(endsAt, now) / 1000);
    return { kind: 'deleted' };
  } catch (error) {
    log.warn({ error }, 'the message of a job that waits could not be sent: the present one is kept');
    return acknowledgementOf(present, await core.table.time(), generation);
  }
}
