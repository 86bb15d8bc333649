/** The extra cost in DynamoDB of jobs that wait for each other, compared with the same jobs alone: in a chain, and in a fan-in. */
import { randomUUID } from 'node:crypto';
import type { WorkflowJobRequest } from '../core/usecases/checkWorkflow.ts';
import { createWorkflow } from '../core/usecases/createWorkflow.ts';
import { workflowKind } from '../core/usecases/workflows.ts';
import { noObjects } from '../test/support/noObjects.ts';
import { createWorker } from '../worker/worker.ts';
import { createBenchHandlers } from './support/benchJob.ts';
import type { CountedStage } from './support/countedStage.ts';
import { createAll } from './support/createAll.ts';
import type { Promised, Report } from './support/report.ts';

const chainLength = 100;
/** All but one job of the largest workflow; the last one waits for them. */
const fannedIn = 999;
/** The durations of the jobs, one function for each workflow: they end roughly in the order of the plan, or in any order. */
const fanIns = [() => 5, () => 5, anyDuration, anyDuration];

interface Cost {
  readonly writes: number;
  readonly units: number;
  readonly pointers: number;
  readonly reads: number;
  /** Writes for the workflow as a whole: its plan, its record, its place in the list. */
  readonly ownWrites: number;
}

export async function workflowCosts(stage: CountedStage): Promise<Pick<Report, 'rows' | 'promises'>> {
  const plain = await costOf(stage, chainLength, () => handPlain(stage));
  const chain = await costOfWorkflow(
    stage,
    namesOf(chainLength).map((name, at, names) => jobOf(name, names.slice(Math.max(0, at - 1), at))),
  );
  const ofFanIns: Cost[] = [];
  for (const durationMs of fanIns) {
    const names = namesOf(fannedIn);
    ofFanIns.push(await costOfWorkflow(stage, [...names.map((name) => jobOf(name, [], durationMs())), jobOf('last', names)]));
  }
  const aJob = (cost: Cost, what: 'writes' | 'units'): number => cost[what] / chainLength;
  const [writes, units] = (['writes', 'units'] as const).map((what) => aJob(chain, what) - aJob(plain, what));
  const mean = (of: (cost: Cost) => number): number => ofFanIns.reduce((sum, cost) => sum + of(cost), 0) / ofFanIns.length;
  const pointers = mean((cost) => cost.pointers);
  // Without the results that its handler gets, which are read for the handler.
  const reads = mean((cost) => cost.reads - fannedIn);
  const each = (of: (cost: Cost) => number): string => ofFanIns.map(of).join(', ');
  const promises: Promised[] = [
    { promise: `writes a job of a chain of ${chainLength}, more than a plain one’s, ≤ 2`, measured: writes ?? NaN, limit: { atMost: 2 } },
    { promise: `pointer writes of a fan-in of ${fannedIn}, in the mean, ≤ 12`, measured: pointers, limit: { atMost: 12 } },
    {
      promise: 'records that are read for it, until it may begin and its workflow has ended, ≤ 1,100',
      measured: reads,
      limit: { atMost: 1100 },
    },
    { promise: 'writes that a plain job pays for workflows', measured: plain.writes / chainLength - 3, limit: { atMost: 0 } },
  ];
  return {
    rows: [
      ['of a chain’s job, more: writes', writes ?? NaN, `write units ${(units ?? NaN).toFixed(2)}`],
      [`of a fan-in of ${fannedIn}: pointer writes`, pointers, `each: ${each((cost) => cost.pointers)}`],
      ['its reads', reads, `each: ${each((cost) => cost.reads - fannedIn)}; ${fannedIn} more for what its handler is given`],
      ['of a workflow as a whole: writes', mean((cost) => cost.ownWrites), 'the plan, the list, itself'],
    ],
    promises,
  };
}

async function handPlain({ core }: CountedStage): Promise<void> {
  const request = { owner: 'anonymous', type: 'bench_work', priority: 'NORMAL', delaySeconds: 0, params: { durationMs: 0 } } as const;
  const requests = Array.from({ length: chainLength }, () => ({ ...request, traceId: randomUUID() }));
  await createAll(core, requests);
}

const namesOf = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `job${at}`);

function jobOf(name: string, dependsOn: readonly string[], durationMs = 0): WorkflowJobRequest {
  return { name, type: 'bench_work', params: { durationMs }, dependsOn, whenDependencyFails: 'CANCEL', priority: 'NORMAL' };
}

/** Longer than everything else takes, so that the jobs end in another order. */
function anyDuration(): number {
  return Math.floor(Math.random() * 300);
}

async function costOfWorkflow(stage: CountedStage, jobs: readonly WorkflowJobRequest[]): Promise<Cost> {
  const { core } = stage;
  let workflowId = '';
  const cost = await costOf(stage, jobs.length, async () => {
    ({ workflowId } = (await createWorkflow(core, { owner: 'anonymous', name: 'costs', traceId: randomUUID(), jobs })).workflow);
  });
  const status = (await core.table.entries.get(workflowKind, workflowId))?.value.status;
  if (status !== 'SUCCEEDED') throw new Error(`the workflow is ${status}`);
  return cost;
}

async function costOf({ core, config, spent, reset }: CountedStage, jobs: number, hand: () => Promise<void>): Promise<Cost> {
  const done = Promise.withResolvers<void>();
  let left = jobs;
  const handlers = createBenchHandlers({ onDone: () => (left -= 1) === 0 && done.resolve() });
  reset();
  const worker = createWorker({ core, handlers, objects: noObjects, settings: config });
  worker.start();
  await hand();
  await done.promise;
  // Waits for the writes of the last jobs, and for everything that follows from them.
  await worker.stop();
  const sum = (totals: ReadonlyMap<string, number>): number =>
    [...totals].reduce((total, [name, amount]) => (name === 'entry' ? total : total + amount), 0);
  return {
    writes: sum(spent.writes),
    units: sum(spent.writeUnits),
    pointers: spent.writes.get('pointer') ?? 0,
    reads: spent.reads.get('records') ?? 0,
    ownWrites: spent.writes.get('entry') ?? 0,
  };
}
