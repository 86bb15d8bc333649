/**
 * What is kept beside a job under names that its handler chooses: results of steps, ends of sleeps, signals. Each is one entry.
 * They do not expire, but are deleted with the job's record. All entries of a job have one place, by which they are listed and
 * removed.
 */
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import type { Job } from '../job.ts';
import { anyJson } from '../jobType.ts';
import { keptPlace, under } from '../place.ts';
import { defineEntryKind, entryKey, type EntryDraft } from '../table/entries.ts';
import type { Core } from './core.ts';

const signal = z.discriminatedUnion('state', [
  z.object({ state: z.literal('awaited'), generation: z.number(), until: z.number().optional() }),
  z.object({ state: z.literal('sent'), at: z.number(), payload: anyJson, isTold: z.boolean() }),
  z.object({ state: z.literal('timedOut'), generation: z.number() }),
]);

const kept = z.discriminatedUnion('kind', [
  /** A step without a result has none. */
  z.object({ kind: z.literal('step'), finishedAt: z.number(), result: anyJson.optional() }),
  z.object({ kind: z.literal('sleep'), until: z.number() }),
  z.object({ kind: z.literal('signal'), signal }),
]);

export type Kept = z.infer<typeof kept>;
export const keptKind = defineEntryKind<Kept>('kept', kept);

/** What these functions depend on. */
export interface KeptDeps {
  readonly table: Pick<Core['table'], 'entries' | 'time'>;
}

/** The job that they belong to, since it was last begun from its start. */
export type Keeper = Pick<Job, 'jobId' | 'stepsFrom'>;

/** In characters. */
export const maxNameLength = 128;

/** @throws {PermanentError} */
export function requireName(name: string): void {
  if (typeof name === 'string' && isName(name)) return;
  throw new PermanentError(`A name has 1 to ${maxNameLength} characters of well-formed Unicode, and ${JSON.stringify(name)} is none.`);
}

export function isName(name: string): boolean {
  return name !== '' && name.length <= maxNameLength && name.isWellFormed();
}

export function keptKey({ jobId, stepsFrom = 1 }: Keeper, kind: Kept['kind'], name: string): string {
  return entryKey(jobId, stepsFrom, kind, name);
}

const partsOfKey = z.tuple([z.string(), z.number(), z.enum(['step', 'sleep', 'signal']), z.string()]);

/** The job, and the name that its handler uses. */
export function keeperOf(key: string): { readonly keeper: Keeper; readonly name: string } {
  const [jobId, stepsFrom, , name] = partsOfKey.parse(JSON.parse(key));
  return { keeper: { jobId, ...(stepsFrom === 1 ? {} : { stepsFrom }) }, name };
}

/** `at`: orders the entries of a kind, in milliseconds. */
export function keptDraft(keeper: Keeper, name: string, value: Kept, at: number): EntryDraft<Kept> {
  const rank = `${prefixOf(keeper, value.kind)}${String(Math.trunc(at)).padStart(15, '0')}#${name}`;
  return { key: keptKey(keeper, value.kind, name), value, place: { place: keptPlace(keeper.jobId), rank } };
}

function prefixOf({ stepsFrom = 1 }: Pick<Job, 'stepsFrom'>, kind: Kept['kind']): string {
  return `${stepsFrom}#${kind}#`;
}

export interface FinishedStep {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly finishedAt: number;
}

/** The first ones of a list. */
export const maxListedSteps = 1000;

/** In the order in which they ended, from an index that may lag for a moment. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function listSteps({ table }: Pick<Core, 'table'>, keeper: Keeper): Promise<readonly FinishedStep[]> {
  const prefix = prefixOf(keeper, 'step');
  const { rows } = await table.entries.listKeys(keptKind, { place: keptPlace(keeper.jobId), ...under(prefix), limit: maxListedSteps });
  return rows.map(({ rank }) => ({
    name: rank.slice(prefix.length + 16),
    finishedAt: Number(rank.slice(prefix.length, prefix.length + 15)),
  }));
}

/** Whether something may be kept beside an ended job. Its record may not say so where a worker died before it wrote that. */
export function mayKeep({ keeps, status, generation, losses, attempts }: Job): boolean {
  return keeps === true || generation > 1 || losses > 0 || (status !== 'SUCCEEDED' && attempts > 0);
}

const removedAtOnce = 100;

/** For a job whose record is gone. May be called twice. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function removeKept({ table: { entries } }: { readonly table: Pick<Core['table'], 'entries'> }, jobId: string): Promise<void> {
  let cursor: string | undefined;
  do {
    const { rows, next } = await entries.listKeys(keptKind, { place: keptPlace(jobId), cursor, limit: removedAtOnce });
    for (const { key } of rows) await entries.drop(keptKind, key);
    cursor = next;
  } while (cursor !== undefined);
}
