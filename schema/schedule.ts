/** Schedules as clients read them: what they make, when, and the outcomes of their ticks. */
import {
  scheduleIdOf,
  tickJobId,
  ticksOf,
  type CatchUpPolicy,
  type OverlapPolicy,
  type Schedule,
  type Tick,
  type TickOutcome,
} from '../core/schedule/schedule.ts';
import { tickTimes } from '../core/schedule/tickTimes.ts';
import type { SchedulePage } from '../core/usecases/listSchedules.ts';
import { paramsOf } from '../core/usecases/schedules.ts';
import { badInput } from '../core/text.ts';
import { builder } from './builder.ts';
import { PageInfoType } from './pageInfo.ts';
import { JobPriorityType, JobType } from './job.ts';
import { loadJob } from './jobLoader.ts';

export const OverlapPolicyType = builder.enumType('OverlapPolicy', {
  description: 'What happens at a tick while the job of the last one has not ended.',
  values: {
    SKIP: { description: 'The tick is skipped.' },
    BUFFER_ONE: { description: 'One tick waits for the end of that job; those that come meanwhile are skipped.' },
    ALLOW_ALL: { description: 'The tick makes its job anyway.' },
  } satisfies Record<OverlapPolicy, { description: string }>,
});

export const CatchUpPolicyType = builder.enumType('CatchUpPolicy', {
  description: 'What happens to ticks that were not carried out in time, as in an outage. No tick is made up for after 24 hours.',
  values: {
    NONE: { description: 'They are missed.' },
    ONCE: { description: 'The newest makes its job; the others are missed.' },
    ALL: { description: 'The newest 100 make their jobs, a few at a time; the others are missed.' },
  } satisfies Record<CatchUpPolicy, { description: string }>,
});

const TickOutcomeType = builder.enumType('TickOutcome', {
  description: 'The outcome of a tick.',
  values: {
    CREATED: { description: 'It made a job.' },
    SKIPPED_OVERLAP: { description: 'The job of the tick before it had not ended.' },
    SKIPPED_PAUSED: { description: 'The schedule was paused.' },
    MISSED: { description: 'It was not carried out in time, or its job was refused: see `Schedule.problem`.' },
  } satisfies Record<TickOutcome, { description: string }>,
});

interface ScheduleTick extends Tick {
  readonly schedule: Schedule;
}

const ScheduleTickType = builder.objectRef<ScheduleTick>('ScheduleTick').implement({
  description: 'One past time of a schedule.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'The time, without its jitter.' }),
    outcome: t.expose('outcome', { type: TickOutcomeType, description: 'Its outcome.' }),
    job: t.field({
      type: JobType,
      nullable: true,
      description: 'The job that it made, as long as its record is kept.',
      resolve: async ({ schedule, at, outcome }, _args, { core }) =>
        outcome === 'CREATED' ? ((await loadJob(core, { owner: schedule.owner, jobId: tickJobId(schedule, at) })) ?? null) : null,
    }),
  }),
});

const ScheduleSpecType = builder.objectRef<Schedule>('ScheduleSpec').implement({
  description: 'When a schedule has its ticks.',
  fields: (t) => ({
    cron: t.exposeString('cron', { nullable: true, description: 'A cron expression, in `timeZone`.' }),
    everySeconds: t.exposeInt('everySeconds', {
      nullable: true,
      description: 'Or an interval, counted from the schedule’s start or creation.',
    }),
    timeZone: t.exposeString('timeZone', { description: 'A time zone of the IANA database.' }),
    jitterSeconds: t.exposeInt('jitterSeconds', {
      description: 'A tick is later than its time by up to so many seconds, always by the same amount.',
    }),
    startsAt: t.expose('startsAt', { type: 'DateTime', nullable: true, description: 'No tick comes before this time.' }),
    endsAt: t.expose('endsAt', { type: 'DateTime', nullable: true, description: 'No tick comes after this time.' }),
  }),
});

const maxNextRuns = 50;

function nextRuns(schedule: Schedule, first: number): readonly number[] {
  if (first < 0 || first > maxNextRuns) throw badInput(`is 0 to ${maxNextRuns}`, ['first']);
  const times = tickTimes(schedule);
  const runs: number[] = [];
  for (let at = schedule.next; at !== undefined && runs.length < first; at = times.after(at)) runs.push(at);
  return runs;
}

const newestTicks = (schedule: Schedule, first: number): readonly ScheduleTick[] =>
  ticksOf(schedule)
    .slice(0, Math.max(0, first))
    .map((tick) => ({ ...tick, schedule }));

export const ScheduleType = builder.objectRef<Schedule>('Schedule').implement({
  description: 'Makes a job at each of its times.',
  fields: (t) => ({
    scheduleId: t.id({ description: 'Its id. A schedule that is deleted and created again has another one.', resolve: scheduleIdOf }),
    owner: t.exposeString('owner', { description: 'The owner of the schedule and of its jobs.' }),
    name: t.exposeString('name', { description: 'Unique among its owner’s.' }),
    spec: t.field({ type: ScheduleSpecType, description: 'When it has its ticks.', resolve: (schedule) => schedule }),
    type: t.exposeString('type', { description: 'The type of its jobs; see `jobTypes`.' }),
    params: t.field({
      type: 'JSON',
      nullable: true,
      complexity: 10,
      description: 'The params of its jobs, as they were given.',
      resolve: async (schedule, _args, { core }) => (await paramsOf(core, schedule)) ?? null,
    }),
    priority: t.expose('priority', { type: JobPriorityType, description: 'The priority of its jobs.' }),
    tags: t.stringList({ description: 'The tags of its jobs.', resolve: ({ tags }) => [...(tags ?? [])] }),
    overlap: t.expose('overlap', {
      type: OverlapPolicyType,
      description: 'What happens at a tick while the last one’s job has not ended.',
    }),
    catchUp: t.expose('catchUp', { type: CatchUpPolicyType, description: 'What happens to ticks that were not carried out in time.' }),
    isPaused: t.exposeBoolean('isPaused', { description: 'Whether its ticks are skipped.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed, or had its last tick.' }),
    nextRuns: t.field({
      type: ['DateTime'],
      args: { first: t.arg.int({ defaultValue: 5, description: `How many, 0 to ${maxNextRuns}.` }) },
      complexity: ({ first }) => ({ field: Math.min(Math.max(first ?? 0, 0), maxNextRuns), multiplier: 1 }),
      description: 'Its next times, without their jitter. A paused schedule skips them unless it is resumed.',
      resolve: (schedule, { first }) => [...nextRuns(schedule, first ?? 5)],
    }),
    ticks: t.field({
      type: [ScheduleTickType],
      args: { first: t.arg.int({ defaultValue: 10, description: 'How many; the newest 20 are kept.' }) },
      complexity: ({ first }) => ({ field: 1, multiplier: Math.min(Math.max(first ?? 0, 0), 20) }),
      description: 'Its last ticks, newest first.',
      resolve: (schedule, { first }) => [...newestTicks(schedule, first ?? 10)],
    }),
    lastTick: t.field({
      type: ScheduleTickType,
      nullable: true,
      description: 'The newest of its past ticks.',
      resolve: (schedule) => newestTicks(schedule, 1)[0] ?? null,
    }),
    problem: t.string({
      nullable: true,
      description: 'Why the job of the last refused tick was refused: the type’s params may have changed.',
      resolve: ({ problem }) => problem?.message ?? null,
    }),
  }),
});

const ScheduleEdgeType = builder.objectRef<SchedulePage['edges'][number]>('ScheduleEdge').implement({
  description: 'One schedule of the list, with its cursor.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'The position in the list, for `after`.' }),
    node: t.field({ type: ScheduleType, description: 'The schedule.', resolve: ({ schedule }) => schedule }),
  }),
});

export const ScheduleConnectionType = builder.objectRef<SchedulePage>('ScheduleConnection').implement({
  description: 'A page of schedules, by their names.',
  fields: (t) => ({
    edges: t.field({ type: [ScheduleEdgeType], description: 'The schedules of this page.', resolve: ({ edges }) => [...edges] }),
    pageInfo: t.expose('pageInfo', { type: PageInfoType, description: 'Whether there are more pages, and where to continue.' }),
  }),
});
