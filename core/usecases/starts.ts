/** Takes starts, and gives them to waiting jobs, each by one write of the key's entry. `core/startRate.ts` decides. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { HolderVersion } from '../slots.ts';
import {
  intervalOf,
  isSharp,
  nextStart,
  noStarts,
  startGivenTo,
  startsUntil,
  takeStart,
  toleranceOf,
  type StartRate,
  type Starts,
} from '../startRate.ts';
import { changeEntry, type EntryChange } from '../table/changeEntry.ts';
import { defineEntryKind } from '../table/entries.ts';
import type { Limit } from '../typeLimits.ts';
import type { Core } from './core.ts';
import { oldestWaiting } from './oldestWaiting.ts';
import { wakeJob } from './wake.ts';

const startsKind = defineEntryKind(
  'starts',
  z.object({ next: z.number(), someoneWaits: z.boolean(), given: z.record(z.string(), z.tuple([z.number(), z.number()])) }),
);

export type StartsLimit = Extract<Limit, { kind: 'starts' }>;

/** How long before its moment a job is sent: meanwhile its message travels, and the worker waits for the rest. */
const leadMs = 250;

/** `at`: when it may begin. `wait`: the start belongs to another job; roughly when one will be free. */
export type Started = { readonly kind: 'at' | 'wait'; readonly at: number };

/** Finds out the time as precisely as starts need it: answers near the end of a second do. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function sharpenTime({ table }: Pick<Core, 'table'>, { key, rate }: StartsLimit): Promise<void> {
  for (let asked = 0; asked < mostAsked && !isSharp(rate, await table.time()); asked += 1) {
    await table.entries.get(startsKind, key);
    await sleep(betweenMs);
  }
}

/** Slightly more than a second, with requests often enough. */
const [mostAsked, betweenMs] = [60, 15];

/** Called before the claim: the start that the job was given, or one that is free and near. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function askStart({ table }: Pick<Core, 'table'>, { key, rate }: StartsLimit, job: HolderVersion): Promise<Started> {
  const now = await table.time();
  let started: Started = { kind: 'wait', at: now.high };
  await changeEntry(table.entries, startsKind, key, (entry) => {
    const starts = entry?.value ?? noStarts;
    const given = startGivenTo(starts, job, rate, now);
    const next = nextStart(starts, rate, now);
    if (given !== undefined) started = { kind: 'at', at: given };
    else if (starts.someoneWaits || next > now.low + leadMs) started = { kind: 'wait', at: next };
    else {
      const taken = takeStart(starts, rate, now);
      started = { kind: 'at', at: taken.at };
      return kept(taken.starts, rate);
    }
    return 'keep';
  });
  return started;
}

/** Whether the job would be given a start now. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function peekStart({ table }: Pick<Core, 'table'>, { key, rate }: StartsLimit, job: HolderVersion): Promise<Started> {
  const now = await table.time();
  const starts = (await table.entries.get(startsKind, key))?.value ?? noStarts;
  const given = startGivenTo(starts, job, rate, now);
  if (given !== undefined) return { kind: 'at', at: given };
  const at = nextStart(starts, rate, now);
  return { kind: starts.someoneWaits || at > now.low + leadMs ? 'wait' : 'at', at };
}

/** For a job that holds its slots: the start that it was given, or the next one. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function startOfHolder({ table }: Pick<Core, 'table'>, { key, rate }: StartsLimit, job: HolderVersion): Promise<number> {
  const now = await table.time();
  let at = now.high;
  await changeEntry(table.entries, startsKind, key, (entry) => {
    const starts = entry?.value ?? noStarts;
    const given = startGivenTo(starts, job, rate, now);
    const taken = given === undefined ? takeStart(starts, rate, now, job) : undefined;
    at = given ?? taken?.at ?? at;
    return taken === undefined ? 'keep' : kept(taken.starts, rate);
  });
  return at;
}

/** Under a claim: the next start, before the jobs that wait. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function takeNextStart({ table }: Pick<Core, 'table'>, { key, rate }: StartsLimit): Promise<number> {
  const now = await table.time();
  let at = now.high;
  await changeEntry(table.entries, startsKind, key, (entry) => {
    const taken = takeStart(entry?.value ?? noStarts, rate, now);
    at = taken.at;
    return kept(taken.starts, rate);
  });
  return at;
}

/** After a job was parked: from now on others go behind it. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function tellOfWaitingStart({ table }: Pick<Core, 'table'>, { key, rate }: StartsLimit): Promise<void> {
  await changeEntry(table.entries, startsKind, key, (entry) => {
    const starts = entry?.value ?? noStarts;
    return starts.someoneWaits ? 'keep' : kept({ ...starts, someoneWaits: true }, rate);
  });
}

/**
 * Gives the starts that are near to those who wait longest, and wakes them. Anyone may look, any number at once, and die
 * anywhere: a start that nobody makes is lost, and its job is found again. Answers when to look again, in milliseconds;
 * undefined where nobody waits. @throws {JobError} `TABLE_UNAVAILABLE`, `QUEUE_UNAVAILABLE`.
 */
export async function lookAtStarts(
  core: Pick<Core, 'table' | 'queues' | 'telemetry' | 'log'>,
  { key, rate }: StartsLimit,
): Promise<{ readonly woken: number; readonly againMs: number | undefined }> {
  const { table } = core;
  const now = await table.time();
  const entry = await table.entries.get(startsKind, key);
  const starts = entry?.value ?? noStarts;
  const count = Math.min(mostAtOnce, startsUntil(starts, rate, now, now.low + leadMs));
  const againMs = Math.max(shortestMs, nextStart(starts, rate, now) - leadMs - now.low);
  if (entry !== undefined && count === 0) return { woken: 0, againMs: starts.someoneWaits ? againMs : undefined };
  const jobs = await oldestWaiting(core, 'RATE_LIMIT', key, Math.max(1, count));
  if (jobs.length === 0) {
    if (entry?.value.someoneWaits === true) await table.entries.replace(startsKind, entry, kept({ ...starts, someoneWaits: false }, rate));
    return { woken: 0, againMs: undefined };
  }
  const given = jobs.slice(0, count).reduce((state, job) => takeStart(state, rate, now, job).starts, { ...starts, someoneWaits: true });
  const written =
    entry === undefined
      ? await table.entries.create(startsKind, { key, ...kept(given, rate) })
      : await table.entries.replace(startsKind, entry, kept(given, rate));
  // Another process was faster, and wakes them.
  if (!written.ok) return { woken: 0, againMs: Math.max(shortestMs, intervalOf(rate) / 2) };
  const results = await Promise.all(jobs.slice(0, count).map((job) => wakeJob(core, job)));
  return { woken: results.filter(Boolean).length, againMs: Math.max(shortestMs, nextStart(given, rate, now) - leadMs - now.low) };
}

const mostAtOnce = 50;
const shortestMs = 10;

/** If it has not been used for long, it is the same as a missing one. */
function kept(starts: Starts, rate: StartRate): Exclude<EntryChange<Starts>, string> & { readonly value: MutableStarts } {
  const given = Object.fromEntries(
    Object.entries(starts.given).map(([jobId, [version, at]]) => [jobId, [version, at] as [number, number]]),
  );
  // A job that waits keeps the entry: the flag must not be lost.
  const expiresAt = starts.someoneWaits ? undefined : Math.ceil((starts.next + toleranceOf(rate)) / 1000) + 60;
  return { value: { ...starts, given }, expiresAt };
}

type MutableStarts = z.infer<typeof startsKind.schema>;
