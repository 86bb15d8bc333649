/** Recent figures of a job type, and its job that has waited longest. */
import {
  jobStatistics,
  statisticsWindows,
  type JobStatistics,
  type Percentiles,
  type Slice,
  type StatisticsWindow,
  type TypeStatistics,
} from '../core/usecases/jobStatistics.ts';
import { waitingLongest, type WaitingJob, type WaitingLongest } from '../core/usecases/waitingLongest.ts';
import { builder } from './builder.ts';
import { ownersMeant, type ApiContext } from './context.ts';
import { JobType } from './job.ts';
import { JobTypeType } from './jobTypeInfo.ts';

const StatisticsWindowType = builder.enumType('StatisticsWindow', {
  description: 'The period that is looked at.',
  values: {
    HOUR: { description: 'The last 60 minutes, in slices of 5 minutes.' },
    DAY: { description: 'The last 24 hours, in slices of an hour.' },
  } satisfies Record<StatisticsWindow, object>,
});

const PercentilesType = builder.objectRef<Percentiles>('Percentiles').implement({
  description: 'Typical durations, in milliseconds.',
  fields: (t) => ({
    p50: t.exposeFloat('p50', { description: 'Half of them took no longer.' }),
    p95: t.exposeFloat('p95', { description: '95 percent of them took no longer.' }),
  }),
});

const SliceType = builder.objectRef<Slice>('JobTypeStatisticsSlice').implement({
  description: 'Jobs of a type that were handed in within one slice of the window.',
  fields: (t) => ({
    startsAt: t.expose('startsAt', { type: 'DateTime', description: 'When the slice begins; it ends where the next one begins.' }),
    created: t.exposeInt('created', { description: 'So many.' }),
    succeeded: t.exposeInt('succeeded', { description: 'The number of these that have SUCCEEDED by now.' }),
    failed: t.exposeInt('failed', { description: 'The number of these that are FAILED or FAILED_FINAL by now.' }),
  }),
});

const JobTypeStatisticsType = builder.objectRef<TypeStatistics>('JobTypeStatistics').implement({
  description:
    'Figures of the jobs of a type that were handed in within a window. Reading them costs the same however many jobs there are.',
  fields: (t) => ({
    created: t.exposeInt('created', { description: 'Jobs handed in within the window.' }),
    succeeded: t.exposeInt('succeeded', { description: 'The number of these that have SUCCEEDED by now.' }),
    failed: t.exposeInt('failed', { description: 'The number of these that are FAILED or FAILED_FINAL by now.' }),
    slices: t.field({
      type: [SliceType],
      description: 'The same for each slice of the window, oldest first.',
      resolve: ({ slices }) => [...slices],
    }),
    waitMs: t.expose('wait', {
      type: PercentilesType,
      nullable: true,
      description: 'From when a job could begin to its first attempt; null where no attempt has begun.',
    }),
    runMs: t.expose('run', {
      type: PercentilesType,
      nullable: true,
      description: 'From a job’s first attempt to its end, with the pauses between attempts; null where none has ended.',
    }),
    sampled: t.exposeInt('sampled', { description: 'The number of jobs from which `waitMs` and `runMs` are computed.' }),
    isEstimated: t.exposeBoolean('isEstimated', {
      description: 'True: there are too many jobs to count, and the figures are estimated from the newest jobs of each slice.',
    }),
  }),
});

const WaitingJobType = builder.objectRef<WaitingJob>('WaitingJob').implement({
  description: 'A job that waits although it could run.',
  fields: (t) => ({
    job: t.expose('job', { type: JobType, description: 'The job; its `waitingReason` says what it waits for.' }),
    since: t.expose('since', { type: 'DateTime', description: 'When its wait began.' }),
  }),
});

const ownerArgument = 'The owner of the jobs; if left out, the caller. Another owner needs the scope `admin`: else FORBIDDEN.';
const allOwnersArgument = 'Jobs of all owners. Needs the scope `admin`: else FORBIDDEN.';

/** One read serves all types, and is paid once. */
const cost = { statistics: 500, waits: 100 };

builder.objectFields(JobTypeType, (t) => ({
  statistics: t.field({
    type: JobTypeStatisticsType,
    nullable: true,
    complexity: cost.statistics,
    description: 'Recent figures of its jobs; null for all owners where the jobs are in DynamoDB, which has no index for that.',
    args: {
      window: t.arg({ type: StatisticsWindowType, defaultValue: 'HOUR', description: 'The period that is looked at.' }),
      owner: t.arg.string({ description: ownerArgument }),
      allOwners: t.arg.boolean({ defaultValue: false, description: allOwnersArgument }),
    },
    resolve: async ({ name }, { window, ...whose }, context) => {
      const owner = ownersMeant(context, whose);
      const asked = window ?? 'HOUR';
      const found = await readingsOf(context).statistics(owner, asked);
      return found === undefined ? null : (found.get(name) ?? none(asked));
    },
  }),
  waitingLongest: t.field({
    type: WaitingJobType,
    nullable: true,
    complexity: cost.waits,
    description:
      'Its job that has waited longest for a worker, a limit or the end of a pause. Null where none waits. In DynamoDB it may not be found for an owner with more than 10,000 jobs.',
    args: {
      owner: t.arg.string({ description: ownerArgument }),
      allOwners: t.arg.boolean({ defaultValue: false, description: allOwnersArgument }),
    },
    resolve: async ({ name }, whose, context) => (await readingsOf(context).waits(ownersMeant(context, whose))).get(name) ?? null,
  }),
}));

function none(window: StatisticsWindow): TypeStatistics {
  const { ms, slices } = statisticsWindows[window];
  const start = Date.now() - ms;
  const empty = { created: 0, succeeded: 0, failed: 0 };
  return {
    ...empty,
    slices: Array.from({ length: slices }, (_, index) => ({ ...empty, startsAt: start + (index * ms) / slices })),
    wait: undefined,
    run: undefined,
    sampled: 0,
    isEstimated: false,
  };
}

interface Readings {
  statistics(owner: string | undefined, window: StatisticsWindow): Promise<JobStatistics | undefined>;
  waits(owner: string | undefined): Promise<WaitingLongest>;
}

const readings = new WeakMap<ApiContext, Readings>();

/** Within one operation: each is read once, however many types are asked for. */
function readingsOf(context: ApiContext): Readings {
  const present = readings.get(context);
  if (present !== undefined) return present;
  const { core, signal } = context;
  const statistics = new Map<string, Promise<JobStatistics | undefined>>();
  const waits = new Map<string | undefined, Promise<WaitingLongest>>();
  const types = core.jobTypes.all.map(({ name }) => name);
  const made: Readings = {
    statistics: (owner, window) => once(statistics, JSON.stringify([owner, window]), () => jobStatistics(core, { owner, window, signal })),
    waits: (owner) => once(waits, owner, () => waitingLongest(core, { owner, types })),
  };
  readings.set(context, made);
  return made;
}

function once<Key, Value>(made: Map<Key, Value>, key: Key, make: () => Value): Value {
  const present = made.get(key);
  if (present !== undefined) return present;
  const value = make();
  made.set(key, value);
  return value;
}
