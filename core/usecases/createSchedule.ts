/** Creates schedules, and triggers them. */
import type { Job, JsonValue } from '../job.ts';
import { JobError } from '../errors.ts';
import {
  maxJitterSeconds,
  scheduleIdOf,
  scheduleKey,
  type CatchUpPolicy,
  type OverlapPolicy,
  type Schedule,
} from '../schedule/schedule.ts';
import { maxCronLength, requireTimeZone } from '../schedule/cronTimes.ts';
import { tickTimes } from '../schedule/tickTimes.ts';
import { badInput, requireText } from '../text.ts';
import type { Core } from './core.ts';
import { createJob } from './createJob.ts';
import { checkedRequest, tagsOf } from './recordJob.ts';
import type { Caller } from './readJob.ts';
import {
  forgetParams,
  getSchedule,
  keptParams,
  listedKind,
  listPlace,
  listRank,
  paramsOf,
  requestOf,
  scheduleDraft,
  scheduleKind,
} from './schedules.ts';

export const maxScheduleNameLength = 100;
const maxSchedules = 1000;
const maxEverySeconds = 366 * 86_400;

export interface ScheduleSpec {
  /** Exactly one of these two. */
  readonly cron?: string | undefined;
  readonly everySeconds?: number | undefined;
  readonly timeZone: string;
  readonly jitterSeconds: number;
  /** Milliseconds since the epoch. */
  readonly startsAt?: number | undefined;
  readonly endsAt?: number | undefined;
}

export interface CreateScheduleRequest extends ScheduleSpec {
  readonly owner: string;
  readonly name: string;
  readonly type: string;
  /** Not checked yet: as the client sent it. */
  readonly params: JsonValue | undefined;
  readonly priority: Job['priority'];
  /** As for a job. */
  readonly tags?: readonly string[] | undefined;
  readonly overlap: OverlapPolicy;
  readonly catchUp: CatchUpPolicy;
  readonly traceId: string;
}

/**
 * Its first tick comes after now. @throws {JobError} `BAD_USER_INPUT`, `UNKNOWN_JOB_TYPE`, with nothing written;
 * `SCHEDULE_NAME_TAKEN`; `TABLE_UNAVAILABLE`.
 */
export async function createSchedule(core: Core, request: CreateScheduleRequest): Promise<Schedule> {
  const { owner, name, type, params, priority, tags, overlap, catchUp, traceId } = request;
  if (requireText(name, ['name']).length === 0 || name.length > maxScheduleNameLength) {
    throw badInput(`has 1 to ${maxScheduleNameLength} characters`, ['name']);
  }
  const { maxFailures, concurrencyKey, rateKey } = checkedRequest(core, requestOf({ owner, type, priority, tags }, params, traceId));
  const now = await core.table.time();
  const identity = { owner, name, incarnation: core.newJobId() };
  const timed = firstTimed({ ...specOf(request), anchor: anchorOf(request, now.high) }, now.high);
  const key = scheduleKey(identity);
  const listed = { key, value: {}, place: { place: listPlace(owner), rank: listRank(identity) } };
  const { rows } = await core.table.entries.listKeys(listedKind, { place: listed.place.place, limit: maxSchedules });
  if (rows.length >= maxSchedules) throw new JobError('BAD_USER_INPUT', { message: `An owner has at most ${maxSchedules} schedules.` });
  const present = await core.table.entries.get(scheduleKind, key);
  if (present !== undefined) throw new JobError('SCHEDULE_NAME_TAKEN', { path: ['name'] });

  const kept = await keptParams(core, scheduleIdOf(identity), params);
  await core.table.entries.put(listedKind, listed);
  const facts = { maxFailures, concurrencyKey, rateKey };
  const made = { type, priority, tags: tagsOf({ tags }), facts, overlap, catchUp };
  const fresh = { ...made, isPaused: false, isBuffered: false, createdAt: now.at, updatedAt: now.at, ticks: '' };
  const { ok, entry } = await core.table.entries.create(scheduleKind, {
    key,
    ...scheduleDraft({ ...identity, ...timed, ...kept, ...fresh }),
  });
  if (!ok || entry === undefined) {
    await forgetParams(core, kept.paramsKey);
    throw new JobError('SCHEDULE_NAME_TAKEN', { path: ['name'] });
  }
  // A process that deletes the schedule before it may have removed it from the list meanwhile: the entry that it read has changed.
  await core.table.entries.put(listedKind, listed);
  return entry.value;
}

/** Makes a job of it now, even if it is paused or its last job runs: this is not a tick. @throws {JobError} as `createJob`. */
export async function triggerSchedule(
  core: Core,
  { traceId, ...which }: Caller & { readonly scheduleId: string; readonly traceId: string },
): Promise<Job> {
  const { value } = await getSchedule(core, which);
  return (await createJob(core, requestOf(value, await paramsOf(core, value), traceId))).job;
}

export type TimedSpec = Pick<Schedule, 'cron' | 'everySeconds' | 'timeZone' | 'jitterSeconds' | 'startsAt' | 'endsAt' | 'anchor' | 'next'>;

/** With the first tick after `after`. @throws {JobError} `BAD_USER_INPUT` for a schedule without any tick. */
export function firstTimed(spec: Omit<TimedSpec, 'next'>, after: number): TimedSpec {
  const next = tickTimes(spec).after(after);
  if (next === undefined) {
    throw badInput('never comes: no time fits it between its start and its end', [spec.cron === undefined ? 'endsAt' : 'cron']);
  }
  return { ...spec, next };
}

/** Intervals are counted from its start, or from its creation, in whole seconds. */
export function anchorOf({ startsAt }: Pick<ScheduleSpec, 'startsAt'>, now: number): number {
  return Math.ceil((startsAt ?? now) / 1000) * 1000;
}

/** @throws {JobError} `BAD_USER_INPUT`. */
export function specOf({ cron, everySeconds, timeZone, jitterSeconds, startsAt, endsAt }: ScheduleSpec): ScheduleSpec {
  if ((cron === undefined) === (everySeconds === undefined)) throw badInput('or everySeconds is needed, one of the two', ['cron']);
  if (cron !== undefined && requireText(cron, ['cron']).length > maxCronLength) {
    throw badInput(`has at most ${maxCronLength} characters`, ['cron']);
  }
  requireTimeZone(timeZone);
  if (everySeconds !== undefined && !isWhole(everySeconds, 1, maxEverySeconds)) {
    throw badInput(`is 1 to ${maxEverySeconds}`, ['everySeconds']);
  }
  if (!isWhole(jitterSeconds, 0, maxJitterSeconds)) throw badInput(`is 0 to ${maxJitterSeconds}`, ['jitterSeconds']);
  if (startsAt !== undefined && !Number.isSafeInteger(startsAt)) throw badInput('is no moment', ['startsAt']);
  if (endsAt !== undefined && !Number.isSafeInteger(endsAt)) throw badInput('is no moment', ['endsAt']);
  if (startsAt !== undefined && endsAt !== undefined && endsAt < startsAt) throw badInput('comes before startsAt', ['endsAt']);
  return { cron, everySeconds, timeZone, jitterSeconds, startsAt, endsAt };
}

const isWhole = (value: number, low: number, high: number): boolean => Number.isInteger(value) && value >= low && value <= high;
