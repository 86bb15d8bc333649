/** Works through a queue: as our worker, as one loop per slot that takes one message at a time, or as sqs-consumer does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import { z } from 'zod';
import { systemClock } from '../../core/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import { clientOptions, openCore } from '../../runtime/open.ts';
import { createLog } from '../../telemetry/log.ts';
import { noObjects } from '../../test/support/noObjects.ts';
import { createWorker } from '../../worker/worker.ts';
import { benchTypes, createBenchHandlers } from '../support/benchJob.ts';
import { serveCommands } from '../support/child.ts';
import { queueUrlOf } from '../support/queueUrl.ts';

/** sqs-consumer takes up to ten messages and waits for all of them, so there is one consumer for every ten slots. */
const batchSize = 10;
const slots = 30;

const config = { ...readConfig(), workerConcurrency: slots };
const sqs = new SQSClient(clientOptions(config, config.endpoints.sqs, { requestTimeoutMs: 25_000 }));
const spans: (readonly [number, number])[] = [];
const onDone = (startedAt: number, endedAt: number): void => void spans.push([startedAt, endedAt]);

/** The others have no records: their messages say how long to work, and nothing else is written. */
async function work(body: string | undefined): Promise<void> {
  const { durationMs } = z.object({ durationMs: z.number() }).parse(JSON.parse(body ?? ''));
  const startedAt = performance.now();
  await sleep(durationMs);
  onDone(startedAt, performance.now());
}

const ways = {
  ours() {
    const { core } = openCore({ config, jobTypes: benchTypes, clock: systemClock, log: createLog({ level: 'silent', part: 'bench' }) });
    createWorker({ core, handlers: createBenchHandlers({ onDone }), objects: noObjects, settings: config }).start();
    return Promise.resolve();
  },
  async oneByOne() {
    const QueueUrl = await queueUrlOf(sqs, config.queuePrefix);
    const runSlot = async (): Promise<void> => {
      for (;;) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1, WaitTimeSeconds: 1 }));
        for (const { Body, ReceiptHandle } of Messages) {
          await work(Body);
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    };
    for (let slot = 0; slot < slots; slot += 1) void runSlot();
  },
  async sqsConsumer() {
    const queueUrl = await queueUrlOf(sqs, config.queuePrefix);
    for (let slot = 0; slot < slots; slot += batchSize) {
      const handleMessage = async (message: { Body?: string }): Promise<undefined> => {
        await work(message.Body);
        return undefined;
      };
      Consumer.create({ queueUrl, sqs, batchSize, waitTimeSeconds: 1, alwaysAcknowledge: true, handleMessage }).start();
    }
  },
};

serveCommands({
  start: (request) => ways[z.object({ way: z.enum(['ours', 'oneByOne', 'sqsConsumer']) }).parse(request).way](),
  /** Measures for a while: the share of its slots' time in which handlers ran, and how many jobs ended. */
  async watch(request) {
    const { ms } = z.object({ ms: z.number() }).parse(request);
    const cpu = process.cpuUsage();
    const from = performance.now();
    await sleep(ms);
    const until = performance.now();
    // Handlers that still run then are counted when they end.
    await sleep(2500);
    const busyMs = spans.reduce((sum, [startedAt, endedAt]) => sum + Math.max(0, Math.min(until, endedAt) - Math.max(from, startedAt)), 0);
    const ended = spans.filter(([, endedAt]) => endedAt >= from && endedAt < until).length;
    const { user, system } = process.cpuUsage(cpu);
    return {
      utilisation: busyMs / (slots * (until - from)),
      perSecond: (ended / (until - from)) * 1000,
      cpuShare: (user + system) / 1000 / (until - from),
    };
  },
});
