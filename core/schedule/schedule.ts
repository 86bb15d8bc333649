/**
 * What a schedule is: which job it makes, when, and how far its ticks have come.
 *
 * - tick: one time of a schedule, in whole seconds of its time zone; it makes one job, or is skipped or missed.
 * - incarnation: of whoever created it; one that is deleted and created again by the same name is another.
 * - outcome: what became of a tick.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { derivedJobId } from '../derivedJobId.ts';
import { jobPriorities } from '../job.ts';
import { anyJson } from '../jobType.ts';

/** What becomes of a tick that finds the job of the last one not over. */
export const overlapPolicies = ['SKIP', 'BUFFER_ONE', 'ALLOW_ALL'] as const;
export type OverlapPolicy = (typeof overlapPolicies)[number];

/** What becomes of ticks that nobody carried out in time. */
export const catchUpPolicies = ['NONE', 'ONCE', 'ALL'] as const;
export type CatchUpPolicy = (typeof catchUpPolicies)[number];

/** Kept by their index: new ones come last. */
export const tickOutcomes = ['CREATED', 'SKIPPED_OVERLAP', 'SKIPPED_PAUSED', 'MISSED'] as const;
export type TickOutcome = (typeof tickOutcomes)[number];

/** The newest ticks whose outcomes are kept: they share the record, which so costs one write unit. */
export const maxTicks = 20;
/** More than that would shift ticks beyond what catching up looks at. */
export const maxJitterSeconds = 900;

/** All times are milliseconds since the epoch, in the service's time; those of ticks are whole seconds. */
export const scheduleSchema = z.object({
  owner: z.string(),
  /** Unique among those of its owner. */
  name: z.string(),
  incarnation: z.string(),
  /** Either this, in `timeZone`, or `everySeconds`, counted from `anchor`. */
  cron: z.string().optional(),
  everySeconds: z.number().optional(),
  anchor: z.number(),
  timeZone: z.string(),
  startsAt: z.number().optional(),
  endsAt: z.number().optional(),
  jitterSeconds: z.number(),
  type: z.string(),
  priority: z.enum(jobPriorities),
  /** As its jobs have them. */
  tags: z.array(z.string()).readonly().optional(),
  /** As the client sent them; or kept apart, under this key, so that a tick's writes stay small. */
  params: anyJson.optional(),
  paramsKey: z.string().optional(),
  /** What its type says of its jobs: whoever carries a tick out need not know the type. */
  facts: z.object({ maxFailures: z.number(), concurrencyKey: z.string().optional(), rateKey: z.string().optional() }).optional(),
  overlap: z.enum(overlapPolicies),
  catchUp: z.enum(catchUpPolicies),
  isPaused: z.boolean(),
  createdAt: z.number(),
  updatedAt: z.number(),
  /** The first tick that is not decided; absent: none comes any more. */
  next: z.number().optional(),
  /** The tick that is decided: it makes a job, whoever carries it out. */
  pending: z.number().optional(),
  /** Whether `next` waits for the last job's end. */
  isBuffered: z.boolean().default(false),
  /** The newest tick that is past, or decided. */
  last: z.number().optional(),
  /** The newest tick that made a job. */
  lastCreated: z.number().optional(),
  /** Newest first; short, so that the whole stays below a write unit: see `ticksOf`. */
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

/** The newest ones of these: seconds since the epoch in base 36, then the digit of the outcome. */
export function keptTicks(ticks: readonly Tick[]): string {
  return ticks
    .toSorted((a, b) => b.at - a.at)
    .slice(0, maxTicks)
    .map(({ at, outcome }) => `${(at / 1000).toString(36)}${tickOutcomes.indexOf(outcome)}`)
    .join(' ');
}

/** Of its owner's name for it: the same for each incarnation. */
export function scheduleKey({ owner, name }: Pick<Schedule, 'owner' | 'name'>): string {
  return digest(JSON.stringify([owner, name]))
    .toString('base64url')
    .slice(0, 22);
}

export function scheduleIdOf(schedule: Pick<Schedule, 'owner' | 'name' | 'incarnation'>): string {
  return `${scheduleKey(schedule)}.${schedule.incarnation}`;
}

/** Undefined for what is no id of a schedule. */
export function keyOfId(scheduleId: string): string | undefined {
  return /^([\w-]{22})\.\w{1,64}$/.exec(scheduleId)?.[1];
}

/** The id of a tick's job, a ULID of the tick's time: whoever carries the tick out gives the same. */
export function tickJobId(schedule: Pick<Schedule, 'owner' | 'name' | 'incarnation'>, at: number): string {
  return derivedJobId(at, `${scheduleIdOf(schedule)}#${at}`);
}

/** When a tick is due: later than its time by its jitter, which follows from schedule and tick. */
export function dueAt(schedule: Pick<Schedule, 'owner' | 'name' | 'incarnation' | 'jitterSeconds'>, at: number): number {
  if (schedule.jitterSeconds === 0) return at;
  return at + (digest(`jitter#${scheduleIdOf(schedule)}#${at}`).readUInt32BE(0) % (schedule.jitterSeconds * 1000 + 1));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
