/** What a job costs in DynamoDB units and SQS requests at saturation, with units as Amazon's own DynamoDB Local counts them. */
import { randomUUID } from 'node:crypto';
import { createSchedule } from '../core/usecases/createSchedule.ts';
import { setLimits } from '../core/usecases/setLimits.ts';
import { tickSchedules } from '../core/usecases/tickSchedules.ts';
import { wakeDue } from '../core/usecases/wakeDue.ts';
import { noObjects } from '../test/support/noObjects.ts';
import { createWorker } from '../worker/worker.ts';
import { createBenchHandlers } from './support/benchJob.ts';
import { createAll } from './support/createAll.ts';
import { concurrently } from './support/concurrently.ts';
import { workflowCosts } from './workflowCosts.ts';
import { openCountedStage, type CountedStage } from './support/countedStage.ts';
import type { Report } from './support/report.ts';

const jobs = 1000;
/** Requests at once, and jobs in each: enough to saturate a queue from a machine as small as this one. */
const atOnce = 4;
const jobsARequest = 100;

export async function writeBudget(): Promise<Report> {
  await using stage = await openCountedStage({ WORKER_CONCURRENCY: '32' });
  const { core, config, spent } = stage;

  await concurrently(jobs / jobsARequest, atOnce, async () => {
    const request = { owner: 'anonymous', type: 'bench_work', priority: 'NORMAL', delaySeconds: 0, traceId: randomUUID() } as const;
    await createAll(
      core,
      Array.from({ length: jobsARequest }, () => ({ ...request, params: { durationMs: 20 }, idempotencyKey: randomUUID() })),
    );
  });
  const drained = Promise.withResolvers<void>();
  let done = 0;
  const worker = createWorker({
    core,
    handlers: createBenchHandlers({ onDone: () => (done += 1) === jobs - 1 && drained.resolve() }),
    objects: noObjects,
    settings: config,
  });
  worker.start();
  await drained.promise;
  // The last jobs' writes and deletes. The receives of a worker that finds the queues empty do not count as a job's.
  const receives = spent.sqsRequests.get('ReceiveMessageCommand') ?? 0;
  await worker.stop();
  spent.sqsRequests.set('ReceiveMessageCommand', receives);

  const budget = new Map(spent.writeUnits);
  const reads = new Map(spent.readUnits);
  const requests = new Map(spent.sqsRequests);
  const limitUnits = await unitsOfLimit(stage);
  const tickUnits = await unitsOfTick(stage);
  const ofWorkflows = await workflowCosts(stage);
  // Last, since it leaves jobs behind.
  const startUnits = await unitsOfLaterStart(stage);

  const perJob = (totals: ReadonlyMap<string, number>): number => [...totals.values()].reduce((sum, amount) => sum + amount, 0) / jobs;
  const table = [
    ['write units', budget],
    ['read units', reads],
    ['SQS requests', requests],
  ] as const;
  return {
    title: 'What a job costs in AWS',
    method: `${jobs} jobs with an idempotency key, handed in by createJobs, ${jobsARequest} a request and ${atOnce} requests at once, then worked off by a worker of ${config.workerConcurrency} slots (20 ms each), each succeeding at its first attempt. Units with those of the indexes (\`ReturnConsumedCapacity\`, DynamoDB Local); requests counted in the SDK, retries included.`,
    columns: ['what', 'a job', 'of which'],
    rows: [
      ...table.map(([what, totals]) => [
        what,
        perJob(totals),
        [...totals].map(([name, amount]) => `${name.replace('Command', '')} ${Number((amount / jobs).toFixed(3))}`).join(', ') || '–',
      ]),
      ...ofWorkflows.rows,
    ],
    promises: [
      {
        promise: 'write units of a keyed job that succeeds at its first attempt ≤ 8',
        measured: perJob(budget),
        limit: { atMost: 8 },
      },
      { promise: 'read units ≤ 1', measured: perJob(reads), limit: { atMost: 1 } },
      { promise: 'write units more of a job that begins later than 15 minutes ahead ≤ 3', measured: startUnits, limit: { atMost: 3 } },
      { promise: 'write units more of a job whose type has a limit, without waiting ≤ 2', measured: limitUnits, limit: { atMost: 2 } },
      { promise: 'write units of a scheduled tick, with its job, ≤ 11', measured: tickUnits, limit: { atMost: 11 } },
      { promise: 'SQS requests a job at saturation ≤ 0.4', measured: perJob(requests), limit: { atMost: 0.4 } },
      ...ofWorkflows.promises,
    ],
    unitCosts: { writeUnits: perJob(budget), readUnits: perJob(reads), sqsRequests: perJob(requests) },
  };
}

const schedules = 20;

/** The cost of a tick, with the job that it makes and that is then worked on. */
async function unitsOfTick({ core, config, spent, reset }: CountedStage): Promise<number> {
  for (let number = 0; number < schedules; number += 1) {
    await createSchedule(core, {
      owner: 'anonymous',
      name: `schedule ${number}`,
      cron: '0 3 * * *',
      timeZone: 'Europe/Berlin',
      jitterSeconds: 0,
      type: 'bench_work',
      params: { durationMs: 20 },
      priority: 'NORMAL',
      // No worker works on them yet.
      overlap: 'ALLOW_ALL',
      catchUp: 'ONCE',
      traceId: randomUUID(),
    });
  }
  const drained = Promise.withResolvers<void>();
  let done = 0;
  const handlers = createBenchHandlers({ onDone: () => (done += 1) === schedules * ticks && drained.resolve() });
  const worker = createWorker({ core, handlers, objects: noObjects, settings: config });
  reset();
  // One day after the other, until the number of kept outcomes is at its maximum.
  for (let day = 1; day <= ticks; day += 1) {
    const { failed } = await tickSchedules({ ...core, table: { ...core.table, time: inMs(core, day * 86_400_000) } });
    // Without this, its job would be waited for without end.
    if (failed > 0) throw new Error(`${failed} ticks could not be carried out`);
  }
  worker.start();
  await drained.promise;
  await worker.stop();
  return [...spent.writeUnits.values()].reduce((sum, amount) => sum + amount, 0) / schedules / ticks;
}

const ticks = 30;

function inMs({ table }: Pick<CountedStage['core'], 'table'>, ms: number): typeof table.time {
  return async () => {
    const { low, high, at } = await table.time();
    return { low: low + ms, high: high + ms, at: at + ms };
  };
}

const later = 100;

/** The additional cost of a job that begins far ahead, compared with one that begins at once. */
async function unitsOfLaterStart({ core, spent, reset }: Pick<CountedStage, 'core' | 'spent' | 'reset'>): Promise<number> {
  const request = { owner: 'anonymous', type: 'bench_work', priority: 'LOW', delaySeconds: 0, traceId: randomUUID(), params: {} } as const;
  const unitsOf = async (work: () => Promise<unknown>): Promise<number> => {
    reset();
    await work();
    return [...spent.writeUnits.values()].reduce((sum, amount) => sum + amount, 0) / later;
  };
  const create = (runAt?: number) => () =>
    createAll(
      core,
      Array.from({ length: later }, () => ({ ...request, runAt })),
    );
  const atOnce = await unitsOf(create());
  const ahead = await unitsOf(create(Date.now() + 16 * 60_000));
  const woken = await unitsOf(() => wakeDue({ ...core, table: { ...core.table, time: inMs(core, 600_000) } }));
  return ahead + woken - atOnce;
}

/** The additional cost of a limit on running jobs where there is room, compared with the same jobs without one. */
async function unitsOfLimit({ core, config, spent, reset }: CountedStage): Promise<number> {
  const request = { owner: 'anonymous', type: 'bench_work', priority: 'HIGH', delaySeconds: 0, traceId: randomUUID(), params: {} } as const;
  const unitsOf = async (): Promise<number> => {
    const done = Promise.withResolvers<void>();
    let left = later;
    const handlers = createBenchHandlers({ onDone: () => (left -= 1) === 0 && done.resolve() });
    reset();
    const worker = createWorker({ core, handlers, objects: noObjects, settings: { ...config, workerConcurrency: 8 } });
    worker.start();
    await createAll(
      core,
      Array.from({ length: later }, () => request),
    );
    await done.promise;
    await worker.stop();
    return [...spent.writeUnits.values()].reduce((sum, amount) => sum + amount, 0) / later;
  };
  const without = await unitsOf();
  await setLimits(core, 'bench_work', { concurrency: { total: 100 } });
  const within = await unitsOf();
  await setLimits(core, 'bench_work', { concurrency: null });
  return within - without;
}
