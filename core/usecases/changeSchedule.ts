/**
 * Changes schedules, pauses and deletes them. A tick that is decided is carried out first, and what is written is conditional
 * on what was read: after the answer no tick of the old definition comes, since a late process finds that its job exists.
 */
import { JobError } from '../errors.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { skippedUntil } from '../schedule/scheduleStep.ts';
import { tickTimes } from '../schedule/tickTimes.ts';
import type { Core } from './core.ts';
import { checkedRequest, tagsOf } from './recordJob.ts';
import { anchorOf, firstTimed, specOf, type CreateScheduleRequest } from './createSchedule.ts';
import type { Caller } from './readJob.ts';
import {
  forgetParams,
  getSchedule,
  keptParams,
  listedKind,
  paramsOf,
  requestOf,
  scheduleDraft,
  scheduleKind,
  type KnownSchedule,
} from './schedules.ts';
import { carryOut } from './tickSchedules.ts';

export type Which = Caller & { readonly scheduleId: string };

type Changeable = Omit<CreateScheduleRequest, 'owner' | 'name' | 'traceId' | 'startsAt' | 'endsAt'>;

/** A field that is absent is unchanged; a start or an end of `null` is removed. */
export type ScheduleChange = { readonly [Field in keyof Changeable]?: Changeable[Field] | undefined } & {
  readonly startsAt?: number | null | undefined;
  readonly endsAt?: number | null | undefined;
};

/** @throws {JobError} `SCHEDULE_NOT_FOUND`, `BAD_USER_INPUT`, `UNKNOWN_JOB_TYPE`, `TABLE_UNAVAILABLE`. */
export async function updateSchedule(core: Core, which: Which, change: ScheduleChange): Promise<Schedule> {
  await checkedChange(core, (await getSchedule(core, which)).value, change);
  const kept = change.params === undefined ? undefined : await keptParams(core, which.scheduleId, change.params);
  let before: string | undefined;
  const updated = await changed(core, which, async ({ value: present }) => {
    before = present.paramsKey;
    return { ...present, ...(await checkedChange(core, present, change)), ...kept };
  });
  if (before !== updated.paramsKey) await forgetParams(core, before);
  return updated;
}

async function checkedChange(core: Core, present: Schedule, change: ScheduleChange): Promise<Partial<Schedule>> {
  const params = change.params === undefined ? await paramsOf(core, present) : change.params;
  const {
    type = present.type,
    priority = present.priority,
    tags = present.tags,
    overlap = present.overlap,
    catchUp = present.catchUp,
  } = change;
  const request = requestOf({ owner: present.owner, type, priority, tags }, params, '');
  const { maxFailures, concurrencyKey, rateKey } = checkedRequest(core, request);
  const facts = { maxFailures, concurrencyKey, rateKey };
  return { ...(await respecified(core, present, change)), type, priority, tags: tagsOf({ tags }), facts, overlap, catchUp };
}

/** Its ticks are skipped from now on. @throws {JobError} `SCHEDULE_NOT_FOUND`, `TABLE_UNAVAILABLE`. */
export function pauseSchedule(core: Core, which: Which): Promise<Schedule> {
  return changed(core, which, ({ value }) => Promise.resolve({ ...value, isPaused: true }));
}

/** Continues with the first tick after now. @throws {JobError} `SCHEDULE_NOT_FOUND`, `TABLE_UNAVAILABLE`. */
export function resumeSchedule(core: Core, which: Which): Promise<Schedule> {
  return changed(core, which, async ({ value }) => {
    if (!value.isPaused) return value;
    return { ...skippedUntil(value, tickTimes(value), 'SKIPPED_PAUSED', await core.table.time()), isPaused: false };
  });
}

/** Returns it as it was. Its jobs stay. @throws {JobError} `SCHEDULE_NOT_FOUND`, `TABLE_UNAVAILABLE`. */
export async function deleteSchedule(core: Core, which: Which): Promise<Schedule> {
  const { entries } = core.table;
  for (let tries = 0; tries < maxTries; tries += 1) {
    const entry = await withoutPending(core, which);
    const listed = await entries.get(listedKind, entry.key);
    if (!(await entries.remove(scheduleKind, entry)).ok) continue;
    if (listed !== undefined) await entries.remove(listedKind, listed);
    await forgetParams(core, entry.value.paramsKey);
    return entry.value;
  }
  throw new JobError('TABLE_UNAVAILABLE', {}, { cause: new Error('the schedule was changed by others all the time') });
}

const maxTries = 100;

async function changed(core: Core, which: Which, change: (entry: KnownSchedule) => Promise<Schedule>): Promise<Schedule> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const entry = await withoutPending(core, which);
    const value = { ...(await change(entry)), updatedAt: (await core.table.time()).at };
    const written = await core.table.entries.replace(scheduleKind, entry, scheduleDraft(value));
    if (written.ok) return written.entry.value;
  }
  throw new JobError('TABLE_UNAVAILABLE', {}, { cause: new Error('the schedule was changed by others all the time') });
}

async function withoutPending(core: Core, which: Which): Promise<KnownSchedule> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const entry = await getSchedule(core, which);
    if (entry.value.pending === undefined) return entry;
    await carryOut(core, entry, entry.value.pending);
  }
  throw new JobError('TABLE_UNAVAILABLE', {}, { cause: new Error('the schedule’s ticks were decided by others all the time') });
}

/** When its times change, it continues with the first of the new ones, after now and after each tick it has had. */
async function respecified(core: Core, present: Schedule, change: ScheduleChange): Promise<Partial<Schedule>> {
  const isOfInterval = change.everySeconds !== undefined && change.cron === undefined;
  const isOfCron = change.cron !== undefined && change.everySeconds === undefined;
  const spec = specOf({
    cron: isOfInterval ? undefined : (change.cron ?? present.cron),
    everySeconds: isOfCron ? undefined : (change.everySeconds ?? present.everySeconds),
    timeZone: change.timeZone ?? present.timeZone,
    jitterSeconds: change.jitterSeconds ?? present.jitterSeconds,
    startsAt: change.startsAt === undefined ? present.startsAt : (change.startsAt ?? undefined),
    endsAt: change.endsAt === undefined ? present.endsAt : (change.endsAt ?? undefined),
  });
  const isSame = (['cron', 'everySeconds', 'timeZone', 'startsAt', 'endsAt'] as const).every((field) => spec[field] === present[field]);
  if (isSame) return spec;
  const now = await core.table.time();
  const isSameInterval = spec.everySeconds === present.everySeconds && spec.startsAt === present.startsAt;
  const anchor = isSameInterval ? present.anchor : anchorOf(spec, now.high);
  return { ...firstTimed({ ...spec, anchor }, Math.max(now.high, present.last ?? 0)), isBuffered: false };
}
