/** Claims the job of a message, or says what to do with the message instead. */
import { randomUUID } from 'node:crypto';
import { monotonic, type ServiceTime } from '../core/clock.ts';
import { publishLatest } from '../core/feed/feed.ts';
import type { JobHandler } from '../core/handler.ts';
import type { Job } from '../core/job.ts';
import { anyVersion, type JobMessage } from '../core/queue/message.ts';
import { sendMessage } from '../core/usecases/sendMessage.ts';
import { transitionJob, type Known } from '../core/usecases/transitionJob.ts';
import { endJob } from '../core/usecases/endJob.ts';
import { wakeJob } from '../core/usecases/wake.ts';
import { verdictOn } from '../core/verdict.ts';
import { hasTimedOut } from '../core/waiting.ts';
import type { Log } from '../telemetry/log.ts';
import { barred, barTo, mayStartUnread } from './bar.ts';
import { enter, isUnlimited, leaveUnclaimed, type Entered, type Permit } from './limits.ts';
import { acknowledgementOf, type Acknowledgement } from './outcome.ts';
import { withKeys } from './lateKeys.ts';
import { leaseMsOf, lookDepsOf, type WorkerParts } from './parts.ts';
import { passOn } from './unknownType.ts';
import { isAway, untilAnswered } from './untilAnswered.ts';

/** A job that this worker has claimed: the input of the steps after the claim. */
export interface Claimed {
  readonly kind: 'claimed';
  readonly job: Job;
  readonly handler: JobHandler;
  readonly permit: Permit;
  /** The message named another job, and is not this job's own. */
  readonly isTurn?: true;
  readonly claimId: string;
  /** When the claim was sent, by the monotonic clock. */
  readonly claimedAt: number;
  /** Nobody is told of the claim before this resolves. */
  readonly durable: Promise<void> | undefined;
  readonly log: Log;
  /** The service's time, for display: it continues from the claim, whatever is done to this machine's clock. */
  readonly now: () => number;
}

/** The result of a try to claim; with `sentAt` the claim is ours. */
interface Seen {
  readonly job: Job | undefined;
  readonly sentAt?: number | undefined;
  readonly durable?: Promise<void> | undefined;
}

type Ended = Claimed | Extract<Entered, { kind: 'turn' }> | Acknowledgement;

/**
 * The job of the message, or the job whose turn it is. @throws {JobError} `TABLE_UNAVAILABLE` only where the worker has no time
 * left to ask.
 */
export async function claimJob(parts: WorkerParts, message: JobMessage): Promise<Claimed | Acknowledgement> {
  const ended = await claimNamed(parts, message);
  if (ended.kind !== 'turn') return ended;
  const { job } = ended;
  const named = { ...message, jobId: job.jobId, generation: job.generation };
  const other = await claimSeen(parts, named, { claim: newClaim(), seen: { job }, isTurn: true });
  if (other.kind === 'claimed') return { ...other, isTurn: true };
  return other.kind === 'turn' ? { kind: 'deleted' } : toOwnMessage(parts, job, other);
}

/** What the job's own message would still have to do, for a job that was worked on without it: that message may come late. */
export async function toOwnMessage({ core }: WorkerParts, job: Job, acknowledgement: Acknowledgement): Promise<Acknowledgement> {
  if (acknowledgement.kind === 'returned') await sendMessage(core, job, acknowledgement.seconds);
  return { kind: 'deleted' };
}

const newClaim = () => ({ claimId: randomUUID(), begunAt: monotonic() });

async function claimNamed(parts: WorkerParts, message: JobMessage): Promise<Ended> {
  const { handlers } = parts;
  const { jobId, version, type } = message;
  const claim = newClaim();
  // Probably nothing has happened since the message was sent: then the claim is one write and no read. Otherwise the write is
  // refused, and its answer contains the record.
  const mayAssume =
    type !== undefined &&
    handlers.has(type) &&
    version !== anyVersion &&
    (await mayStartUnread(parts, type)) &&
    (await isUnlimited(parts, type));
  const seen: Seen = mayAssume
    ? await tryClaim(parts, claim, 'claim', { jobId, version, attempts: 0, losses: 0 }, type)
    : await look(parts, jobId);
  return claimSeen(parts, message, { claim, seen });
}

async function claimSeen(
  parts: WorkerParts,
  message: JobMessage,
  { claim, seen: first, isTurn = false }: { readonly claim: ReturnType<typeof newClaim>; readonly seen: Seen; readonly isTurn?: boolean },
): Promise<Ended> {
  const { core, handlers } = parts;
  const { generation } = message;
  let seen = first;
  let permit: Permit = { slots: [] };
  for (;;) {
    const { job, sentAt, durable } = seen;
    if (job === undefined) return { kind: 'deleted' };
    const now = await core.table.time();
    if (sentAt !== undefined) return claimed(parts, job, { claimId: claim.claimId, claimedAt: sentAt, durable, permit, now });
    const verdict = verdictOn(job, now, generation);
    if (verdict.kind === 'run') {
      if (!handlers.has(job.type)) return passOn(parts, message, job);
      if (job.hasLateKeys === true) {
        seen = { job: await untilAnswered(parts, { ask: () => withKeys(parts, job), signal: parts.graceOver }) };
        continue;
      }
      const bar = await barTo(parts, job);
      const entered = bar === undefined ? await enter(parts, job, isTurn) : await barred(parts, job, bar);
      if (entered.kind === 'permitted') {
        ({ permit } = entered);
        seen = await tryClaim(parts, claim, verdict.event, job);
        if (seen.sentAt === undefined) await leaveUnclaimed(parts, job, permit, seen.job);
      } else if (entered.kind === 'changed') seen = entered;
      else return entered;
    } else if (verdict.kind === 'end') {
      const { ok, job: present } = await endJob(lookDepsOf(parts), job, verdict, now);
      if (ok) return { kind: 'deleted' };
      seen = { job: present };
    } else if (verdict.kind === 'parked' && job.waiting !== undefined && hasTimedOut(job.waiting, now)) {
      await wakeJob(core, job);
      return { kind: 'deleted' };
    } else {
      // The process that ended it may have died, or lost its connection, before it told anyone.
      if (verdict.kind === 'over') void publishLatest(core.feed, job);
      return acknowledgementOf(job, now, generation);
    }
  }
}

function claimed(
  { core, handlers }: WorkerParts,
  job: Job,
  {
    claimId,
    claimedAt,
    durable,
    permit,
    now,
  }: Pick<Claimed, 'claimId' | 'claimedAt' | 'durable' | 'permit'> & { readonly now: ServiceTime },
): Claimed {
  const handler = handlers.get(job.type);
  if (handler === undefined) throw new Error(`the job ${job.jobId} was claimed, but its type ${job.type} is not known`);
  const since = monotonic();
  const log = core.log.child({ jobId: job.jobId, traceId: job.traceId, type: job.type });
  return { kind: 'claimed', job, handler, claimId, claimedAt, durable, permit, log, now: () => Math.round(now.at + monotonic() - since) };
}

async function tryClaim(
  parts: WorkerParts,
  { claimId, begunAt }: { readonly claimId: string; readonly begunAt: number },
  event: 'claim' | 'reclaim',
  known: Known & Pick<Job, 'losses'> & Partial<Pick<Job, 'startedAt'>>,
  /** As the message has it, where the record was not read; the write requires the record to have the same. */
  type?: string,
): Promise<Seen> {
  const { core } = parts;
  // A suspended job continues its attempt.
  const attempts = known.suspended === true ? known.attempts : known.attempts + 1;
  const sentAt = monotonic();
  const now = await core.table.time();
  // Whatever was asked in between, a record with our claim is ours. As far as is known, it has been since the first try.
  const recognised = (job: Job | undefined): Seen => ({ job, sentAt: job?.claim?.id === claimId ? begunAt : undefined });
  try {
    const { ok, job, durable } = await transitionJob(core, event, known, {
      facts: { now, type },
      attempt: attempts,
      changes: {
        claim: { id: claimId, expiresAt: now.high + leaseMsOf(parts) },
        attempts,
        startedAt: known.startedAt ?? now.at,
        ...(event === 'reclaim' ? { losses: known.losses + 1 } : {}),
      },
      // A handler may run twice in any case. But it must not run unseen by the process that comes next.
      early: true,
    });
    return ok ? { job, sentAt, durable } : recognised(job);
  } catch (error) {
    if (!isAway(error)) throw error;
    const seen = recognised((await look(parts, known.jobId)).job);
    // Its answer was lost, and with it the knowledge of the claim.
    if (seen.job !== undefined && seen.sentAt !== undefined) void publishLatest(core.feed, seen.job);
    return seen;
  }
}

/** Repeated until it is known. To give up a claim whose answer was lost would be a loss without a death. */
async function look(parts: WorkerParts, jobId: string): Promise<{ readonly job: Job | undefined }> {
  return { job: await untilAnswered(parts, { ask: () => parts.core.table.get(jobId), signal: parts.graceOver }) };
}
