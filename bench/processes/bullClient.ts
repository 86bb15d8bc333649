/** A client of BullMQ: adds jobs and receives their events through QueueEvents. */
import { FlowProducer, Queue, QueueEvents } from 'bullmq';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { serveCommands } from '../support/child.ts';
import { createLoad } from '../support/load.ts';

const connect = (): Redis => new Redis(process.env['REDIS_URL'] ?? '', { maxRetriesPerRequest: null });
const load = createLoad();
const queue = new Queue('bench', { connection: connect() });
const flows = new FlowProducer({ connection: connect() });
const events = new QueueEvents('bench', { connection: connect() });
events.on('active', ({ jobId }) => load.onActive(jobId));
events.on('completed', ({ jobId }) => load.onEnded(jobId));
await events.waitUntilReady();

async function create(): Promise<string> {
  const { id = '' } = await queue.add('work', { durationMs: 0 }, { attempts: 3, removeOnComplete: false });
  return id;
}

async function createBatch(count: number): Promise<readonly string[]> {
  const added = await queue.addBulk(
    Array.from({ length: count }, () => ({ name: 'work', data: { durationMs: 0 }, opts: { attempts: 3, removeOnComplete: false } })),
  );
  return added.map(({ id = '' }) => id);
}

const flowOf = z.object({ children: z.number() });
const opts = { attempts: 3, removeOnComplete: false } as const;

async function createFlow(count: number): Promise<string> {
  const work = { name: 'work', queueName: 'bench', data: { durationMs: 0 }, opts };
  const { job } = await flows.add({ ...work, children: Array.from({ length: count }, () => work) });
  return job.id ?? '';
}

serveCommands({
  run: (request) => load.run(create, request),
  runBatches: (request) => load.runBatches(createBatch, request),
  runFlows: (request) => load.run(() => createFlow(flowOf.parse(request).children), request),
});
