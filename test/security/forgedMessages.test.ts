import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { jobPriorities, type Job } from '../../core/job.ts';
import { createClients } from '../../infra/local/clients.ts';
import { queueName } from '../../core/queue/sqs/definition.ts';
import { makeJob } from '../support/jobFactory.ts';
import { startSystem, type System } from '../support/startSystem.ts';

/** Whatever a forger may claim about a job. */
function bodiesOf({ jobId, version, type }: Job): readonly string[] {
  const truth = { v: 1, jobId, generation: 1, version, traceId: '0'.repeat(32), type, createdAt: Date.now() };
  return [
    {},
    { version: 0 },
    { version: 99 },
    { generation: 99 },
    { generation: 99, version: 1 },
    { type: undefined },
    { type: 'transform_data' },
    { type: 'no_such_type' },
    { createdAt: 1e300 },
    { dueAt: 0, delaySeconds: 0, waitingReason: null, attempts: 0, status: 'PENDING' },
    { traceId: `${'\n'.repeat(10)}forged`, spanId: '\u0000' },
  ].map((changes) => JSON.stringify({ ...truth, ...changes }));
}

/** Into the queue of each priority, past the queues' own code. */
async function forge({ config }: System, bodies: readonly string[]): Promise<void> {
  const { sqs } = createClients(config);
  for (const priority of jobPriorities) {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: queueName(config.queuePrefix, priority) }));
    for (const MessageBody of bodies) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  }
  sqs.destroy();
}

/** A job that is handed in afterwards has ended: by then the forged messages have been looked at. */
async function workedThrough(system: System): Promise<void> {
  for (const priority of jobPriorities) {
    await expect.poll(async () => (await system.core.queues.depth(priority)).visible, { timeout: 20_000 }).toBe(0);
  }
}

const waiting: readonly (readonly [what: string, changes: Partial<Job>])[] = [
  ['is due in an hour', { dueAt: Date.now() + 3_600_000 }],
  ['waits on purpose', { waiting: { reason: 'RUN_AT', until: Date.now() + 3_600_000 } }],
  ['waits for its next attempt', { version: 3, attempts: 1, failures: 1, dueAt: Date.now() + 3_600_000 }],
];

test.each(waiting)('no forged message begins, ends or changes a job that %s', { timeout: 60_000 }, async (_what, changes) => {
  await using system = await startSystem({ parts: ['worker', 'lambdas'] });
  const { job } = await system.core.table.create(makeJob(changes));
  if (job === undefined) throw new Error('the job was not written');
  const before = await system.core.table.get(job.jobId);
  await forge(system, bodiesOf(job));
  await workedThrough(system);
  expect(await system.core.table.get(job.jobId)).toEqual(before);
});
