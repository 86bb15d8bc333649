/** Schedules as clients read them: what they make, when, and what became of their ticks. */
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
  description: 'What becomes of a tick that comes while the job of the last one has not ended.',
  values: {
    SKIP: { description: 'It is skipped.' },
    BUFFER_ONE: { description: 'One waits for the end of that job; those that come meanwhile are skipped.' },
    ALLOW_ALL: { description: 'It makes its job all the same.' },
  } satisfies Record<OverlapPolicy, { description: string }>,
});

export const CatchUpPolicyType = builder.enumType('CatchUpPolicy', {
  description: 'What becomes of ticks that nobody carried out in time, as in an outage. None is made up for after 24 hours.',
  values: {
    NONE: { description: 'They are missed.' },
    ONCE: { description: 'The newest makes its job; the others are missed.' },
    ALL: { description: 'The newest 100 make their jobs, some at a time; the others are missed.' },
  } satisfies Record<CatchUpPolicy, { description: string }>,
});

const TickOutcomeType = builder.enumType('TickOutcome', {
  description: 'What became of a tick.',
  values: {
    CREATED: { description: 'It made a job.' },
    SKIPPED_OVERLAP: { description: 'The job of the tick before it had not ended.' },
    SKIPPED_PAUSED: { description: 'The schedule was paused.' },
    MISSED: { description: 'Nobody carried it out in time, or its job was refused: see `Schedule.problem`.' },
  } satisfies Record<TickOutcome, { description: string }>,
});

interface ScheduleTick extends Tick {
  readonly schedule: Schedule;
}

const ScheduleTickType = builder.objectRef<ScheduleTick>('ScheduleTick').implement({
  description: 'One time of a schedule that is past.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'The time, without its jitter.' }),
    outcome: t.expose('outcome', { type: TickOutcomeType, description: 'What became of it.' }),
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
  description: 'When a schedule comes.',
  fields: (t) => ({
    cron: t.exposeString('cron', { nullable: true, description: 'A cron expression, in `timeZone`.' }),
    everySeconds: t.exposeInt('everySeconds', { nullable: true, description: 'Or an interval, counted from its start or creation.' }),
    timeZone: t.exposeString('timeZone', { description: 'A time zone of the IANA database.' }),
    jitterSeconds: t.exposeInt('jitterSeconds', { description: 'A tick is later than its time by up to so many, always by the same.' }),
    startsAt: t.expose('startsAt', { type: 'DateTime', nullable: true, description: 'No tick comes before.' }),
    endsAt: t.expose('endsAt', { type: 'DateTime', nullable: true, description: 'No tick comes after.' }),
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
    scheduleId: t.id({ description: 'Its id; one that is deleted and created again has another.', resolve: scheduleIdOf }),
    owner: t.exposeString('owner', { description: 'Whose it is, and whose its jobs are.' }),
    name: t.exposeString('name', { description: 'Unique among its owner’s.' }),
    spec: t.field({ type: ScheduleSpecType, description: 'When it comes.', resolve: (schedule) => schedule }),
    type: t.exposeString('type', { description: 'Of its jobs; see `jobTypes`.' }),
    params: t.field({
      type: 'JSON',
      nullable: true,
      complexity: 10,
      description: 'Of its jobs, as they were given.',
      resolve: async (schedule, _args, { core }) => (await paramsOf(core, schedule)) ?? null,
    }),
    priority: t.expose('priority', { type: JobPriorityType, description: 'Of its jobs.' }),
    tags: t.stringList({ description: 'Of its jobs.', resolve: ({ tags }) => [...(tags ?? [])] }),
    overlap: t.expose('overlap', {
      type: OverlapPolicyType,
      description: 'What becomes of a tick while the last one’s job has not ended.',
    }),
    catchUp: t.expose('catchUp', { type: CatchUpPolicyType, description: 'What becomes of ticks that nobody carried out in time.' }),
    isPaused: t.exposeBoolean('isPaused', { description: 'Whether its ticks are skipped.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed, or had its last tick.' }),
    nextRuns: t.field({
      type: ['DateTime'],
      args: { first: t.arg.int({ defaultValue: 5, description: `How many, 0 to ${maxNextRuns}.` }) },
      complexity: ({ first }) => ({ field: Math.min(Math.max(first ?? 0, 0), maxNextRuns), multiplier: 1 }),
      description: 'Its next times, without their jitter. A schedule that is paused skips them unless it is resumed.',
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
      description: 'The newest of its ticks that are past.',
      resolve: (schedule) => newestTicks(schedule, 1)[0] ?? null,
    }),
    problem: t.string({
      nullable: true,
      description: 'Why the last tick whose job was refused was missed: what a type takes may have changed.',
      resolve: ({ problem }) => problem?.message ?? null,
    }),
  }),
});

const ScheduleEdgeType = builder.objectRef<SchedulePage['edges'][number]>('ScheduleEdge').implement({
  description: 'One schedule of the list, and its place.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Its place in the list, for `after`.' }),
    node: t.field({ type: ScheduleType, description: 'The schedule.', resolve: ({ schedule }) => schedule }),
  }),
});

export const ScheduleConnectionType = builder.objectRef<SchedulePage>('ScheduleConnection').implement({
  description: 'A page of schedules, by their names.',
  fields: (t) => ({
    edges: t.field({ type: [ScheduleEdgeType], description: 'The schedules of this page.', resolve: ({ edges }) => [...edges] }),
    pageInfo: t.expose('pageInfo', { type: PageInfoType, description: 'Whether there is more, and where to go on.' }),
  }),
});
