/**
 * What a schedule is: which job it makes, when, and which of its ticks are decided.
 *
 * - tick: one time of a schedule, in whole seconds of its time zone; it makes one job, or is skipped or missed.
 * - incarnation: a schedule from its creation to its deletion; one that is created again under the same name is another
 *   incarnation.
 * - outcome: what became of a tick.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { derivedJobId } from '../derivedJobId.ts';
import { jobPriorities } from '../job.ts';
import { anyJson } from '../jobType.ts';

/** What becomes of a tick when the job of the last tick has not ended. */
export const overlapPolicies = ['SKIP', 'BUFFER_ONE', 'ALLOW_ALL'] as const;
export type OverlapPolicy = (typeof overlapPolicies)[number];

/** What becomes of ticks that were not carried out in time. */
export const catchUpPolicies = ['NONE', 'ONCE', 'ALL'] as const;
export type CatchUpPolicy = (typeof catchUpPolicies)[number];

/** Stored by their index: add new ones at the end. */
export const tickOutcomes = ['CREATED', 'SKIPPED_OVERLAP', 'SKIPPED_PAUSED', 'MISSED'] as const;
export type TickOutcome = (typeof tickOutcomes)[number];

/** The newest ticks whose outcomes are kept: they are stored in the record, which then still costs one write unit. */
export const maxTicks = 20;
/** More jitter would move ticks beyond the time for which they are made up for. */
export const maxJitterSeconds = 900;

/** All times are milliseconds since the epoch, in the service's time; those of ticks are whole seconds. */
export const scheduleSchema = z.object({
  owner: z.string(),
  /** Unique among the schedules of its owner. */
  name: z.string(),
  incarnation: z.string(),
  /** Has either this, in `timeZone`, or `everySeconds`, counted from `anchor`. */
  cron: z.string().optional(),
  everySeconds: z.number().optional(),
  anchor: z.number(),
  timeZone: z.string(),
  startsAt: z.number().optional(),
  endsAt: z.number().optional(),
  jitterSeconds: z.number(),
  type: z.string(),
  priority: z.enum(jobPriorities),
  /** The fields of the jobs that it makes. */
  tags: z.array(z.string()).readonly().optional(),
  /** The params as the client sent them; or the key under which they are stored, so that a tick's writes stay small. */
  params: anyJson.optional(),
  paramsKey: z.string().optional(),
  /** What the type says of these jobs: the process that carries a tick out need not know the type. */
  facts: z.object({ maxFailures: z.number(), concurrencyKey: z.string().optional(), rateKey: z.string().optional() }).optional(),
  overlap: z.enum(overlapPolicies),
  catchUp: z.enum(catchUpPolicies),
  isPaused: z.boolean(),
  createdAt: z.number(),
  updatedAt: z.number(),
  /** The first tick that is not decided; absent: there are no more. */
  next: z.number().optional(),
  /** The tick that was decided to make a job: any process may carry it out. */
  pending: z.number().optional(),
  /** Whether `next` waits for the last job's end. */
  isBuffered: z.boolean().default(false),
  /** The newest tick that is past, or decided. */
  last: z.number().optional(),
  /** The newest tick that made a job. */
  lastCreated: z.number().optional(),
  /** Newest first; short, so that the record stays below one write unit: see `ticksOf`. */
  ticks: z.string(),
  /** Why the last tick that was refused made no job. */
  problem: z.object({ at: z.number(), message: z.string() }).optional(),
});

export type Schedule = Readonly<z.infer<typeof scheduleSchema>>;

export interface Tick {
  readonly at: number;
  readonly outcome: TickOutcome;
}

/** Newest first. */
export function ticksOf({ ticks }: Pick<Schedule, 'ticks'>): readonly Tick[] {
  return ticks.split(' ').flatMap((word) => {
    const outcome = tickOutcomes[Number(word.slice(-1))];
    return word === '' || outcome === undefined ? [] : [{ at: Number.parseInt(word.slice(0, -1), 36) * 1000, outcome }];
  });
}

/** The newest of these: seconds since the epoch in base 36, then the digit of the outcome. */
export function keptTicks(ticks: readonly Tick[]): string {
  return ticks
    .toSorted((a, b) => b.at - a.at)
    .slice(0, maxTicks)
    .map(({ at, outcome }) => `${(at / 1000).toString(36)}${tickOutcomes.indexOf(outcome)}`)
    .join(' ');
}

/** Derived from the owner and the name: the same for each incarnation. */
export function scheduleKey({ owner, name }: Pick<Schedule, 'owner' | 'name'>): string {
  return digest(JSON.stringify([owner, name]))
    .toString('base64url')
    .slice(0, 22);
}

export function scheduleIdOf(schedule: Pick<Schedule, 'owner' | 'name' | 'incarnation'>): string {
  return `${scheduleKey(schedule)}.${schedule.incarnation}`;
}

/** Undefined for a text that is not the id of a schedule. */
export function keyOfId(scheduleId: string): string | undefined {
  return /^([\w-]{22})\.\w{1,64}$/.exec(scheduleId)?.[1];
}

/** The id of a tick's job, a ULID of the tick's time: every process that carries the tick out derives the same one. */
export function tickJobId(schedule: Pick<Schedule, 'owner' | 'name' | 'incarnation'>, at: number): string {
  return derivedJobId(at, `${scheduleIdOf(schedule)}#${at}`);
}

/** When a tick is due: later than its time by the jitter, which is derived from schedule and tick. */
export function dueAt(schedule: Pick<Schedule, 'owner' | 'name' | 'incarnation' | 'jitterSeconds'>, at: number): number {
  if (schedule.jitterSeconds === 0) return at;
  return at + (digest(`jitter#${scheduleIdOf(schedule)}#${at}`).readUInt32BE(0) % (schedule.jitterSeconds * 1000 + 1));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
