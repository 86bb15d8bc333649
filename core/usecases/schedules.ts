/** Schedules as entries: each by its owner and name, at a place by its next tick, and listed by its owner. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { JobError } from '../errors.ts';
import type { JsonValue } from '../job.ts';
import { anyJson } from '../jobType.ts';
import type { Place } from '../place.ts';
import { keyOfId, scheduleIdOf, scheduleKey, scheduleSchema, type Schedule } from '../schedule/schedule.ts';
import { looksAt } from '../schedule/scheduleStep.ts';
import { defineEntryKind, entryKey, type Entry, type EntryDraft } from '../table/entries.ts';
import type { CreateJobRequest } from './recordJob.ts';
import type { Core } from './core.ts';
import { maySee, type Caller } from './readJob.ts';

export const scheduleKind = defineEntryKind('schedule', scheduleSchema);

/** Under the same key, at its owner's place. Written before its schedule, and removed after it. */
export const listedKind = defineEntryKind('listedSchedule', z.object({}));

const paramsKind = defineEntryKind('scheduleParams', z.object({ params: anyJson }));
/** As JSON. Larger params are stored apart from the entry, which is written twice per tick. */
const maxInlineParamsBytes = 200;

/** A place takes 1,000 writes a second, and a tick makes four. */
export const tickPlaces = ['ticks#0', 'ticks#1', 'ticks#2', 'ticks#3'] as const;

/** The rank before those due at `at`, in milliseconds since the epoch. */
export function tickRank(at: number, key = ''): string {
  return `${String(Math.max(0, at)).padStart(15, '0')}#${key}`;
}

export function listPlace(owner: string): string {
  return `schedules#${createHash('sha256').update(owner).digest('base64url')}`;
}

/** In the order of names. */
export function listRank({ name }: Pick<Schedule, 'name'>): string {
  return name;
}

export function scheduleDraft(schedule: Schedule): Omit<EntryDraft<Schedule>, 'key'> {
  const key = scheduleKey(schedule);
  const at = looksAt(schedule);
  const place = tickPlaces[key.charCodeAt(key.length - 1) % tickPlaces.length];
  const found: Place | undefined = at === undefined || place === undefined ? undefined : { place, rank: tickRank(at, key) };
  return { value: schedule, place: found };
}

export type KnownSchedule = Entry<Schedule>;

/** @throws {JobError} `SCHEDULE_NOT_FOUND`, also for another owner's, and for one that was deleted and created again. */
export async function getSchedule(
  { table }: Pick<Core, 'table'>,
  { scheduleId, ...caller }: Caller & { readonly scheduleId: string },
): Promise<KnownSchedule> {
  const key = keyOfId(scheduleId);
  const entry = key === undefined ? undefined : await table.entries.get(scheduleKind, key);
  if (entry === undefined || scheduleIdOf(entry.value) !== scheduleId || !maySee(caller, entry.value)) {
    throw new JobError('SCHEDULE_NOT_FOUND');
  }
  return entry;
}

/** Where params are stored: in the entry, or apart, under a new key. */
export async function keptParams(
  { table, newJobId }: Pick<Core, 'table' | 'newJobId'>,
  scheduleId: string,
  params: JsonValue | undefined,
): Promise<Pick<Schedule, 'params' | 'paramsKey'>> {
  if (params === undefined || Buffer.byteLength(JSON.stringify(params)) <= maxInlineParamsBytes) return { params, paramsKey: undefined };
  const paramsKey = entryKey(scheduleId, newJobId());
  await table.entries.put(paramsKind, { key: paramsKey, value: { params } });
  return { params: undefined, paramsKey };
}

export async function paramsOf({ table }: Pick<Core, 'table'>, { params, paramsKey }: Schedule): Promise<JsonValue | undefined> {
  if (paramsKey === undefined) return params;
  return (await table.entries.get(paramsKind, paramsKey))?.value.params;
}

/** Removes params that no schedule uses any more. */
export async function forgetParams({ table }: Pick<Core, 'table'>, paramsKey: string | undefined): Promise<void> {
  const entry = paramsKey === undefined ? undefined : await table.entries.get(paramsKind, paramsKey);
  if (entry !== undefined) await table.entries.remove(paramsKind, entry);
}

/** The job that its ticks hand in. */
export function requestOf(
  { owner, type, priority, tags }: Pick<Schedule, 'owner' | 'type' | 'priority' | 'tags'>,
  params: JsonValue | undefined,
  traceId: string,
): CreateJobRequest {
  return { owner, type, priority, tags, params, delaySeconds: 0, traceId };
}
