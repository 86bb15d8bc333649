/** The surroundings of a random graph: an engine's table, queues and a feed that lose messages, processes that die, and the observers. */
import { createJobTypes } from '../../core/jobType.ts';
import type { Job } from '../../core/job.ts';
import type { Core } from '../../core/usecases/core.ts';
import type { Plan } from '../../core/workflow/plan.ts';
import { createProgramHandler, program } from '../support/programs.ts';
import { createGraphProcesses, type GraphProcesses } from './graphProcesses.ts';
import { createGraphQueue, type GraphQueue } from './graphQueue.ts';
import { createLossyFeed, type LossyFeed } from './lossyFeed.ts';
import { createProgramOracle, type ProgramOracle } from './programOracle.ts';
import { recordedTable, type RecordedTable } from './recordedTable.ts';
import { createTurns, type Turns } from './turns.ts';
import { wrongBeginning } from './wrongBeginning.ts';

export interface RandomWorkflow {
  /** On an engine's table, with a clock that `pass` moves. */
  readonly core: Core;
  readonly chance: () => number;
  readonly pass: (ms: number) => void;
  /** The workflow's idempotency key: one table is used for many workflows. */
  readonly key: string;
  readonly maxJobs: number;
}

export interface GraphWorld extends Omit<RandomWorkflow, 'key' | 'maxJobs'> {
  readonly turns: Turns;
  readonly queue: GraphQueue;
  readonly feed: LossyFeed;
  readonly oracle: ProgramOracle;
  readonly processes: GraphProcesses;
  readonly writes: RecordedTable['writes'];
  readonly records: ReadonlyMap<string, Job>;
  readonly weather: Weather;
  some(most: number): number;
}

/** Shares are 0 to 1. */
export interface Weather {
  /** The share of requests and messages that fail. */
  loss: number;
  /** The share of hints that are lost. */
  hintLoss: number;
  /** The share of a handler's moments at which its run ends. */
  failure: number;
  /** From now on only handlers fail, and only one thing happens at a time. */
  isOver: boolean;
  /** Known once the workflow exists. */
  plan?: Plan;
}

export const owner = 'owner';
export const leaseMs = 30_000;
const settings = {
  jobTtlDays: 30,
  maxReceiveCount: 3,
  attemptsPerReceive: 1,
  backoffBaseMs: 1000,
  backoffMaxMs: 30_000,
  visibilityTimeoutSeconds: leaseMs / 1000,
  objectAccess: { areOwnersApart: false, sharedInputs: [] },
};

export function createGraphWorld({ core: bare, chance, pass }: Omit<RandomWorkflow, 'key' | 'maxJobs'>): GraphWorld {
  const { now } = bare.clock;
  const weather: Weather = { loss: 0, hintLoss: 0, failure: 0, isOver: false };
  const luck = (): number => weather.loss;
  const turns = createTurns(chance);
  const { table, records, writes } = recordedTable(bare.table, now);
  const queue = createGraphQueue({ now, chance, luck, visibilityMs: leaseMs, maxReceives: settings.maxReceiveCount });
  const feed = createLossyFeed({ chance, luck: () => weather.hintLoss });
  const oracle = createProgramOracle({
    chance,
    luck: () => weather.failure,
    wrongBeginning: (job, context, inputs) =>
      wrongBeginning({ job, context, inputs, records, plan: weather.plan, isAlone: weather.isOver }),
    recordNow: (jobId) => records.get(jobId),
  });
  const core: Core = {
    ...bare,
    table: { ...table, entries: oracle.watched(table.entries) },
    queues: queue.queues,
    feed: feed.feed,
    jobTypes: createJobTypes([program]),
  };
  const handlerFor = (recordOf: (jobId: string) => Job | undefined) => createProgramHandler(oracle.listener(recordOf));
  const processes = createGraphProcesses({ core, turns, chance, now, luck, settings, handlerFor });
  const some = (most: number): number => Math.floor(chance() * most);
  return { core, chance, pass, turns, queue, feed, oracle, processes, writes, records, weather, some };
}
