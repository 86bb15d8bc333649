/** What params and results of any length cost in DynamoDB units, for each write and in a list. */
import { randomUUID } from 'node:crypto';
import { listJobs } from '../core/usecases/listJobs.ts';
import { noObjects } from '../test/support/noObjects.ts';
import { createWorker } from '../worker/worker.ts';
import { createBenchHandlers } from './support/benchJob.ts';
import { createAll } from './support/createAll.ts';
import { openCountedStage, type CountedStage } from './support/countedStage.ts';
import type { Report } from './support/report.ts';

/** Bytes of params as JSON. */
const sizes = [20, 256, 900, 1024, 10 * 1024, 200 * 1024] as const;
/** Jobs of each size: a page of the largest is the most that a list may return. */
const jobs = 100;
/** A heartbeat or more, at half the lease of 2 s. */
const durationMs = 1500;
const writes = ['lock', 'payload', 'record', 'claim', 'heartbeat', 'finish'] as const;

export async function payloads(): Promise<Report> {
  await using stage = await openCountedStage({ VISIBILITY_TIMEOUT_SECONDS: '2', WORKER_CONCURRENCY: String(jobs) });
  const measured: Awaited<ReturnType<typeof measure>>[] = [];
  for (const bytes of sizes) measured.push(await measure(stage, bytes));
  const of = (bytes: number) => measured.find((one) => one.bytes === bytes);
  const [short, middle, longest] = [of(sizes[0]), of(10 * 1024), of(200 * 1024)];
  const unitsOf = (one: typeof short, name: (typeof writes)[number]): number => one?.units.get(name) ?? Number.NaN;
  return {
    title: 'What long params cost',
    method: `${jobs} jobs of each size, each with an idempotency key and at least one heartbeat, succeeding at their first attempt; then a list of them, with and without their params. Units as DynamoDB Local counts them (\`ReturnConsumedCapacity\`), with those of the indexes: each write, each job of the list.`,
    columns: ['bytes of params', ...writes, 'together, no heartbeat', 'read by the worker', 'list', 'list with params'],
    rows: measured.map(({ bytes, units, together, read, list, listWithParams }) => [
      bytes.toLocaleString('en'),
      ...writes.map((name) => units.get(name) ?? 0),
      together,
      read,
      list,
      listWithParams,
    ]),
    promises: [
      { promise: 'write units of a keyed job of short params ≤ 8', measured: short?.together ?? Number.NaN, limit: { atMost: 8 } },
      { promise: 'write units of 200 KB of params, once ≤ 201', measured: unitsOf(longest, 'payload'), limit: { atMost: 201 } },
      ...(['record', 'claim', 'heartbeat', 'finish'] as const).map((name) => ({
        promise: `${name} of a job of 200 KB of params, in units of one of short params ≤ 1`,
        measured: unitsOf(longest, name) / unitsOf(short, name),
        limit: { atMost: 1 },
      })),
      { promise: 'write units of a heartbeat, whatever the params ≤ 1', measured: unitsOf(longest, 'heartbeat'), limit: { atMost: 1 } },
      {
        promise: 'read units of a list of jobs of 200 KB, in those of jobs of short params ≤ 1',
        measured: (longest?.list ?? Number.NaN) / (short?.list ?? Number.NaN),
        limit: { atMost: 1 },
      },
    ],
    unitCosts: {
      writeUnitsOf10KB: unitsOf(middle, 'payload'),
      readUnitsOf10KB: (middle?.listWithParams ?? Number.NaN) - (middle?.list ?? 0),
    },
  };
}

async function measure({ core, config, spent, reset }: CountedStage, bytes: number) {
  const owner = `owner-${bytes}`;
  const empty = Buffer.byteLength(JSON.stringify({ durationMs, payload: '' }));
  const params = bytes > empty ? { durationMs, payload: 'x'.repeat(bytes - empty) } : { durationMs };
  reset();
  const request = { owner, type: 'bench_work', priority: 'NORMAL', delaySeconds: 0, traceId: randomUUID(), params } as const;
  await createAll(
    core,
    Array.from({ length: jobs }, () => ({ ...request, idempotencyKey: randomUUID() })),
  );
  const drained = Promise.withResolvers<void>();
  let done = 0;
  const handlers = createBenchHandlers({ onDone: () => (done += 1) === jobs && drained.resolve() });
  const worker = createWorker({ core, handlers, objects: noObjects, settings: config });
  worker.start();
  await drained.promise;
  await worker.stop();
  const units = new Map([...spent.writeUnits].map(([name, sum]) => [name, sum / (spent.writes.get(name) ?? jobs)]));
  const together = [...units].reduce((sum, [name, each]) => (name === 'heartbeat' ? sum : sum + each), 0);
  const read = total(spent.readUnits) / jobs;

  reset();
  const { edges } = await listJobs(core, { owner, first: jobs });
  const list = total(spent.readUnits);
  const keys = edges.flatMap(({ job }) => (job.params.kind === 'apart' ? [job.params.key] : []));
  await core.table.readPayloads(keys);
  return { bytes, units, together, read, list: list / jobs, listWithParams: total(spent.readUnits) / jobs };
}

function total(units: ReadonlyMap<string, number>): number {
  return [...units.values()].reduce((sum, amount) => sum + amount, 0);
}
