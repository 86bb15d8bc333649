/** What is written for a job whose handler waits, and what is done after that write so that no end of the wait is missed. */
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

/** A sleep that a queue can delay a message for is a due time like any other. A longer wait, or one without a time, is parked. */
export function suspensionOf(
  { failures, wait: { waiting, jobIds = [] } }: Extract<Outcome, { kind: 'suspended' }>,
  { job, now }: { readonly job: Pick<Job, 'version'>; readonly now: ServiceTime },
): Changes {
  const [first] = jobIds;
  const written: Changes = { failures, error: null, suspended: true, waitsFor: first ?? null };
  // Announced like any other change: the process that announces it looks at the job itself, and then lets it go.
  if (waiting.reason === 'DEPENDENCIES' && first !== undefined) return { ...written, ...awaitingChanges(job, first), dueAt: null };

  if (waiting.reason !== 'SLEEP' || waiting.until === undefined) return { ...written, waiting, dueAt: null };
  const isFar = waiting.until - now.high > maxDelayMs;
  return { ...written, dueAt: waiting.until, ...(isFar ? { waiting } : {}) };
}

/** When the wait is over at the latest, as far as is known: the params must be kept at least until then. */
export function endOfWait({ wait: { waiting } }: Extract<Outcome, { kind: 'suspended' }>, { at }: ServiceTime): number {
  return Math.max(at, waiting.until ?? 0);
}

/**
 * Called after the write: looks once more at what the job waits for, and sends a message for the end of a short wait. The
 * present message is deleted, so a job may be suspended any number of times. If this process dies in between, the timer or the
 * sweeper does the same.
 */
export async function followSuspension(
  parts: WorkerParts,
  { job: { version, generation }, log }: Claimed,
  present: Job | undefined,
  wait: Wait,
): Promise<Acknowledgement> {
  const { core } = parts;
  const now = await core.table.time();
  // The process that announced it has let it go, where that was necessary.
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
    log.warn({ error }, 'the message of a job that waits could not be sent; the present one is kept');
    return acknowledgementOf(present, await core.table.time(), generation);
  }
}
