/** What the relay takes for a record of the table's stream, and Redis for a publish. */
import type { DynamoDBRecord } from 'aws-lambda';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { openRedisFeed } from '../core/feed/redis/redisFeed.ts';
import type { Job } from '../core/job.ts';
import { encodeJob } from '../core/table/dynamodb/codec.ts';
import { createStreamRelay } from '../lambda/streamRelay.ts';
import { makeJob } from '../test/support/jobFactory.ts';
import { startRedis } from '../test/support/redis.ts';
import { emptyTable, quietParts } from '../test/support/quietParts.ts';
import { silentLog } from '../test/support/silentLog.ts';
import type { Report } from './support/report.ts';
import { median } from './support/statistics.ts';

/** Records of a batch, as the event source mapping has it. */
const batchSize = 100;
const jobs = 1000;
const rounds = 10;
/** Channels whose memory is measured. */
const channels = 20_000;

export async function relay(): Promise<Report> {
  await using opening = new AsyncDisposableStack();
  const redis = opening.adopt(await startRedis(), ({ stop }) => stop());
  const [publisher, server] = [0, 1].map(() =>
    opening.adopt(openRedisFeed({ redisUrl: redis.url, log: silentLog }), ({ close }) => close()),
  );
  if (publisher === undefined || server === undefined) throw new RangeError('two feeds were asked for');
  const control = opening.adopt(new Redis(redis.url), (connection) => connection.disconnect());
  const handle = createStreamRelay({ ...quietParts, feed: publisher, table: emptyTable() });

  const memoryBefore = (await spent(control)).memory;
  await Promise.all(
    Array.from({ length: channels }, () =>
      server.subscribe({ jobId: makeJob().jobId }, { onEvent: () => undefined, onInterrupted: () => undefined }),
    ),
  );
  const redisChannelBytes = ((await spent(control)).memory - memoryBefore) / channels;

  const all = Array.from({ length: jobs }, () => stepsOf(makeJob()));
  for (const [first] of all) {
    if (first !== undefined) await server.subscribe({ jobId: first.jobId }, { onEvent: () => undefined, onInterrupted: () => undefined });
  }
  const records = [0, 1, 2].flatMap((step) => all.map((steps) => recordOf(steps[step - 1], steps[step])));
  const batches = Array.from({ length: records.length / batchSize }, (_, index) =>
    records.slice(batchSize * index, batchSize * (index + 1)),
  );

  const [millis, micros]: [number[], number[]] = [[], []];
  let publishes = 0;
  // The first round warms up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    const before = await spent(control);
    const startedAt = performance.now();
    for (const Records of batches) {
      const { batchItemFailures } = await handle({ Records });
      if (batchItemFailures.length > 0) throw new Error('the relay could not publish');
    }
    const ms = performance.now() - startedAt;
    const after = await spent(control);
    publishes = after.publishes - before.publishes;
    if (round === 0) continue;
    millis.push(ms / records.length);
    micros.push((after.cpuUs - before.cpuUs) / publishes);
  }
  const unitCosts = { relayMs: median(millis), publishes: publishes / jobs, redisCpuUs: median(micros), redisChannelBytes };
  return {
    title: 'The relay',
    method: `The Lambda’s handler, in batches of ${batchSize}, on the three transitions of ${jobs} jobs; the channel of each job is subscribed to by one server, as are ${channels.toLocaleString('en')} others. A Redis of its own on the same machine: over a network each record waits for a round trip more. Median of ${rounds} rounds.`,
    columns: ['what', 'measured'],
    rows: [
      ['ms a record', unitCosts.relayMs],
      ['publishes a job', unitCosts.publishes],
      ['µs CPU of Redis a publish', unitCosts.redisCpuUs],
      ['bytes of Redis a channel', unitCosts.redisChannelBytes],
    ],
    promises: [{ promise: 'publishes of a job that succeeds at its first attempt', measured: unitCosts.publishes, limit: { atMost: 5 } }],
    unitCosts,
  };
}

function stepsOf(job: Job): readonly Job[] {
  const next = (before: Job, status: Job['status']): Job => {
    const version = before.version + 1;
    return { ...before, version, status, history: [...before.history, { version, status, at: Date.now(), attempt: 1 }] };
  };
  const running = next(job, 'PROCESSING');
  return [job, running, next(running, 'SUCCEEDED')];
}

function recordOf(from: Job | undefined, to: Job | undefined): DynamoDBRecord {
  const dynamodb = { SequenceNumber: '1', OldImage: from && encodeJob(from), NewImage: to && encodeJob(to) };
  return z.custom<DynamoDBRecord>().parse(JSON.parse(JSON.stringify({ dynamodb })));
}

/** Since Redis was started. */
async function spent(control: Redis) {
  const text = `${await control.info('cpu')}${await control.info('commandstats')}${await control.info('memory')}`;
  const figure = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);
  const seconds = figure(/used_cpu_user:([\d.]+)/) + figure(/used_cpu_sys:([\d.]+)/);
  return { cpuUs: seconds * 1e6, publishes: figure(/cmdstat_spublish:calls=(\d+)/), memory: figure(/used_memory:(\d+)/) };
}
