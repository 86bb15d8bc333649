/** Limits in the worker: slots and a start are taken before the claim, and slots are given back after the end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '../core/job.ts';
import { slotLives, type HolderVersion } from '../core/slots.ts';
import { isLimited, limitOfKey, limitsOf, limitsOn, type Limit } from '../core/typeLimits.ts';
import { giveSlotBack, holdsSlots, takeSlot, tellOfWaiting } from '../core/usecases/holdSlot.ts';
import { lookAtSlots } from '../core/usecases/lookAtSlots.ts';
import { parkJob } from '../core/usecases/park.ts';
import { oldestWaiting } from '../core/usecases/oldestWaiting.ts';
import { wakeJob } from '../core/usecases/wake.ts';
import { askStart, peekStart, startOfHolder, tellOfWaitingStart, type StartsLimit } from '../core/usecases/starts.ts';
import { msUntil } from '../core/verdict.ts';
import type { Waiting } from '../core/waiting.ts';
import { returned, type Acknowledgement } from './outcome.ts';
import { leaseMsOf, type WorkerParts } from './parts.ts';
import { untilAnswered } from './untilAnswered.ts';

export type SlotsLimit = Extract<Limit, { kind: 'slots' }>;

/** The slots and the start of a job that may be claimed. */
export interface Permit {
  readonly slots: readonly SlotsLimit[];
  /** `at`: the moment from which it may begin, within the tolerance of its rate. */
  readonly start?: { readonly limit: StartsLimit; readonly at: number } | undefined;
}

export type Entered =
  | { readonly kind: 'permitted'; readonly permit: Permit }
  | { readonly kind: 'changed'; readonly job: Job | undefined }
  /** The job waits now; work on this one in its place, which has waited longer. */
  | { readonly kind: 'turn'; readonly job: Job }
  | Acknowledgement;

/** A job whose worker is gone stays as it is, and its message comes back at this interval. */
const lookAgainMs = 30_000;
/** A slot of this worker is kept no longer than this for a start. */
export const longestHoldMs = 2000;

/** Whether a job of this type may be claimed without looking at its record first. */
export async function isUnlimited(parts: WorkerParts, type: string): Promise<boolean> {
  return !isLimited(await inForce(parts, type));
}

/**
 * Called before the claim of a job whose record was read. `isTurn`: it takes the next start, before those that wait.
 * @throws {JobError} `TABLE_UNAVAILABLE` only where the worker has no time left to ask.
 */
export async function enter(parts: WorkerParts, job: Job, isTurn: boolean): Promise<Entered> {
  const limits = limitsOn(job, await inForce(parts, job.type));
  if (limits.length === 0) return { kind: 'permitted', permit: { slots: [] } };
  return untilAnswered(parts, { ask: () => entered(parts, job, limits, isTurn), signal: parts.graceOver });
}

async function entered(parts: WorkerParts, job: Job, limits: readonly Limit[], isTurn: boolean): Promise<Entered> {
  const { core } = parts;
  const slots = limits.filter((limit) => limit.kind === 'slots');
  const starts = limits.find((limit) => limit.kind === 'starts');
  const keys = slots.map(({ key }) => key);
  if (starts !== undefined) await parts.startKeeper.ready(starts);
  // A job that would not begin takes no slot; a job that has one goes before those that wait only for a start.
  if (starts !== undefined && slots.length > 0 && !isTurn && !(await holdsSlots(core, keys, job))) {
    const seen = await peekStart(core, starts, job);
    if (seen.kind === 'wait') return parkedForStart(parts, job, starts, seen.at);
  }
  for (const limit of slots) {
    const taken = await takeSlot(core, limit.key, job, limit.most);
    if (taken === 'outdated') return { kind: 'changed', job: await core.table.get(job.jobId) };
    if (taken === 'full') return parkedForSlot(parts, job, limit);
  }
  if (starts === undefined) return { kind: 'permitted', permit: { slots } };
  const started =
    slots.length > 0 || isTurn ? { kind: 'at' as const, at: await startOfHolder(core, starts, job) } : await askStart(core, starts, job);
  if (started.kind === 'wait') return parkedForStart(parts, job, starts, started.at);
  const waitMs = msUntil(started.at, await core.table.time());
  if (waitMs > longestHoldMs) return returned(waitMs);
  if (!(await waitedUntil(parts, started.at))) return returned(0);
  return { kind: 'permitted', permit: { slots, start: { limit: starts, at: started.at } } };
}

/** Waits until that moment has surely come; false where the worker stops before. */
export async function waitedUntil({ core, stopping }: Pick<WorkerParts, 'core' | 'stopping'>, at: number): Promise<boolean> {
  for (;;) {
    const waitMs = msUntil(at, await core.table.time());
    if (waitMs === 0) return true;
    try {
      await sleep(waitMs, undefined, { signal: stopping });
    } catch {
      return false;
    }
  }
}

/**
 * Slots of narrower limits are kept. Parking does not change the version, so giving a slot back could remove the one by which
 * another worker, with an older message, is just about to claim. If the job ends meanwhile, it leaves a dead slot, which the
 * next look removes.
 */
async function parkedForSlot(parts: WorkerParts, job: Job, { key }: SlotsLimit): Promise<Entered> {
  const { core } = parts;
  return parkedFor(parts, job, { reason: 'CONCURRENCY', for: key }, async (limit) => {
    // Recorded before the look: a process that frees a slot from now on looks too.
    const { isFirst, isHolder } = await tellOfWaiting(core, key, job);
    if (limit.kind === 'slots' && !isHolder) await lookAtSlots(core, limit, { repairs: isFirst });
    return isHolder;
  });
}

async function parkedForStart(parts: WorkerParts, job: Job, starts: StartsLimit, at: number): Promise<Entered> {
  const { key } = starts;
  const entered = await parkedFor(parts, job, { reason: 'RATE_LIMIT', for: key, until: Math.ceil(at) }, async (limit) => {
    if (limit.kind === 'starts') await tellOfWaitingStart(parts.core, limit);
    parts.startKeeper.keep(key);
    return false;
  });
  if (entered.kind !== 'deleted' || msUntil(at, await parts.core.table.time()) > turnAheadMs) return entered;
  return (await turn(parts, key)) ?? entered;
}

/** Further ahead than others look, so that they send no message for a start that can be used here. */
const turnAheadMs = 500;

/**
 * A worker that has just parked a job is free to work on the one that has waited longest. That job's own message would be
 * behind all those that are still to be parked, and late for its start. It is sent anyway, in case this worker dies.
 */
async function turn(parts: WorkerParts, key: string): Promise<Extract<Entered, { kind: 'turn' }> | undefined> {
  const { core } = parts;
  const [oldest] = await oldestWaiting(core, 'RATE_LIMIT', key, 1);
  if (oldest === undefined || !(await wakeJob(core, oldest, leaseMsOf(parts)))) return undefined;
  const { waiting: _over, ...job } = oldest;
  return { kind: 'turn', job };
}

/**
 * `tell` gets the limit as it is after the write, and returns whether the job may go on after all. Where the limit is gone, the
 * job goes on at once.
 */
async function parkedFor(
  parts: WorkerParts,
  job: Job,
  waiting: Waiting & { readonly for: string },
  tell: (limit: Limit) => Promise<boolean>,
): Promise<Entered> {
  if (job.status !== 'PENDING') return returned(lookAgainMs);
  const parked = await parkJob(parts.core, job, waiting, async () => {
    const limits = limitsOf(job.type, parts.handlers.get(job.type)?.type, await parts.limits.now());
    const limit = limitOfKey(waiting.for, limits);
    return limit !== undefined && !(await tell(limit));
  });
  return parked.kind === 'parked' ? { kind: 'deleted' } : parked;
}

/** For a job that was not claimed after all: gives back what it took, unless the job that was claimed holds it. */
export async function leaveUnclaimed(parts: WorkerParts, read: HolderVersion, { slots }: Permit, present: Job | undefined): Promise<void> {
  if (slots.length > 0 && !slotLives(present, read.version)) await leave(parts, read, { slots });
}

/**
 * After the end, or the release, of a job that was claimed from this version. Never rejects: the timer finds a slot that was
 * not given back.
 */
export async function leave({ core }: WorkerParts, claimedFrom: HolderVersion, { slots }: Permit): Promise<void> {
  for (const limit of slots) {
    try {
      if (await giveSlotBack(core, limit.key, claimedFrom)) await lookAtSlots(core, limit, { repairs: false });
    } catch (error) {
      core.log.warn({ error, jobId: claimedFrom.jobId, key: limit.key }, 'a slot could not be given back; the timer will find it');
    }
  }
}

async function inForce(parts: WorkerParts, type: string) {
  const set = await untilAnswered(parts, { ask: parts.limits.known, signal: parts.graceOver });
  return limitsOf(type, parts.handlers.get(type)?.type, set);
}
