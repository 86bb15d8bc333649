/** Jobs per second and use of a worker's slots with jobs of 10 ms to 2 s, compared with one loop per slot and with sqs-consumer. */
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { systemClock } from '../core/clock.ts';
import { createJob } from '../core/usecases/createJob.ts';
import { createClients } from '../infra/local/clients.ts';
import { provision } from '../infra/local/provision.ts';
import { parseConfig } from '../runtime/config.ts';
import { openCore } from '../runtime/open.ts';
import { silentLog } from '../test/support/silentLog.ts';
import { benchTypes } from './support/benchJob.ts';
import { startChild } from './support/child.ts';
import { concurrently } from './support/concurrently.ts';
import { queueUrlOf } from './support/queueUrl.ts';
import type { Report } from './support/report.ts';
import { openStage, type Stage } from './support/stage.ts';
import { median } from './support/statistics.ts';

const ways = ['ours', 'oneByOne', 'sqsConsumer'] as const;
type Way = (typeof ways)[number];
const rounds = 3;
const warmupMs = 2000;
const watchedMs = 8000;
/** More than any of them can work on in that time. */
const jobs = 1500;

const measurement = z.object({ utilisation: z.number(), perSecond: z.number(), cpuShare: z.number() });
type Measurement = z.infer<typeof measurement>;

export async function worker(): Promise<Report> {
  await using stage = await openStage();
  const results: Record<Way, Measurement[]> = { ours: [], oneByOne: [], sqsConsumer: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ways) results[way].push(await measure(stage, way, `${way}${round}`));
  }
  const of = (way: Way, kind: keyof Measurement): number => median(results[way].map((result) => result[kind]));
  const titles = {
    ours: 'ours',
    oneByOne: 'one message at a time in each slot',
    sqsConsumer: 'sqs-consumer (three, batches of ten)',
  } as const;
  return {
    title: 'Worker slots',
    method: `A backlog of jobs whose durations are spread evenly on a logarithmic scale from 10 ms to 2 s, 30 slots each. Ours claims each job, writes its outcome and tells the feed; the others only receive, wait and delete. Use: the share of the slots’ time in which handlers ran, over ${watchedMs / 1000} s. One process each, in turn.`,
    columns: ['worker', 'use of slots', 'jobs/s', 'jobs/s ÷ one at a time', 'CPU cores'],
    rows: ways.map((way) => [
      titles[way],
      of(way, 'utilisation'),
      of(way, 'perSecond'),
      of(way, 'perSecond') / of('oneByOne', 'perSecond'),
      of(way, 'cpuShare'),
    ]),
    promises: [
      { promise: 'use of slots with durations mixed 10 ms to 2 s ≥ 0.95', measured: of('ours', 'utilisation'), limit: { atLeast: 0.95 } },
    ],
    unitCosts: { slotUse: of('ours', 'utilisation'), workerCpuUs: (of('ours', 'cpuShare') / of('ours', 'perSecond')) * 1e6 },
  };
}

/** The same for each: no randomness that would tell them apart. */
const durationOf = (index: number): number => Math.round(10 * 200 ** ((index * 0.618034) % 1));

async function measure(stage: Stage, way: Way, queuePrefix: string): Promise<Measurement> {
  const env = { ...stage.env, QUEUE_PREFIX: queuePrefix };
  const config = parseConfig(env);
  using clients = createClients(config);
  await provision(clients, config);
  await using opening = new AsyncDisposableStack();
  if (way === 'ours') {
    const { core } = opening.adopt(openCore({ config, jobTypes: benchTypes, clock: systemClock, log: silentLog }), ({ close }) => close());
    await concurrently(jobs, 64, async (index) => {
      const params = { durationMs: durationOf(index) };
      await createJob(core, { owner: 'anonymous', type: 'bench_work', params, priority: 'NORMAL', delaySeconds: 0, traceId: 'bench' });
    });
  } else {
    const QueueUrl = await queueUrlOf(clients.sqs, queuePrefix);
    await concurrently(jobs / 10, 8, async (batch) => {
      const Entries = Array.from({ length: 10 }, (_, index) => ({
        Id: String(index),
        MessageBody: JSON.stringify({ durationMs: durationOf(10 * batch + index) }),
      }));
      await clients.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    });
  }
  const child = opening.use(await startChild('jobWorker.ts', env));
  await child.ask(z.undefined(), 'start', { way });
  await new Promise((resolve) => setTimeout(resolve, warmupMs));
  return await child.ask(measurement, 'watch', { ms: watchedMs });
}
