import { decodeMessage } from '../../core/queue/message.ts';
import { exactly } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import { describe, expect, inject, test } from 'vitest';
import type { JobEvent } from '../../core/feed/event.ts';
import { createMemoryFeed } from '../../core/feed/memory/memoryFeed.ts';
import { transitionJob } from '../../core/usecases/transitionJob.ts';
import { createDlqHandler } from '../../lambda/dlqHandler.ts';
import { startStreamMapping } from '../../lambda/streamMapping.ts';
import { createStreamRelay } from '../../lambda/streamRelay.ts';
import { makeJob } from '../support/jobFactory.ts';
import { silentLog } from '../support/silentLog.ts';
import { startSystem } from '../support/startSystem.ts';

describe('the relay of the table’s stream, on DynamoDB Local', () => {
  test('sends watchers what a writer that was killed did not', async () => {
    await using system = await startSystem({ parts: ['lambdas'], dynamodbUrl: inject('dynamoDbLocalUrl') });
    const { core, watches } = system;
    const { job } = await core.table.create(makeJob());
    if (job === undefined) throw new Error('the job was not created');
    const seen = Array.fromAsync(await watches.job({ owner: job.owner, jobId: job.jobId }));
    // Written, and never published.
    await transitionJob({ ...core, feed: { ...core.feed, publish: () => Promise.resolve(false) } }, 'cancel', job, {
      facts: { now: exactly(Date.now()) },
    });
    expect((await seen).map(({ status, recovered }) => [status, recovered])).toEqual([
      ['PENDING', undefined],
      ['CANCELLED', undefined],
    ]);
  });

  test('continues at the record whose publish failed, and keeps the order of versions', async () => {
    await using system = await startSystem({ parts: [], dynamodbUrl: inject('dynamoDbLocalUrl') });
    const { table } = system.core;
    const published: JobEvent[] = [];
    let failures = 3;
    const feed = {
      ...createMemoryFeed(),
      publish(event: JobEvent) {
        if (event.version === 2 && failures > 0) {
          failures -= 1;
          return Promise.resolve(false);
        }
        published.push(event);
        return Promise.resolve(true);
      },
    };
    const mapping = startStreamMapping({
      openStream: system.openStream,
      handler: createStreamRelay({ ...system.core, feed, log: silentLog, table }),
      now: Date.now,
      log: silentLog,
    });
    const { job } = await table.create(makeJob());
    if (job === undefined) throw new Error('the job was not created');
    const now = Date.now();
    const claimed = await transitionJob({ ...system.core, feed: createMemoryFeed() }, 'claim', job, {
      facts: { now: exactly(now) },
      changes: { claim: { id: 'claim', expiresAt: now + 1000 }, attempts: 1 },
    });
    if (!claimed.ok) throw new Error('the job was not claimed');
    await transitionJob({ ...system.core, feed: createMemoryFeed() }, 'succeed', claimed.job, {
      facts: { now: exactly(now), claimId: 'claim' },
    });
    await expect.poll(() => published.map(({ version }) => version), { timeout: 15_000 }).toEqual([1, 2, 3]);
    await mapping.stop();
    await mapping.stop();
  });
});

describe('the dead-letter handler', () => {
  const deadLetter = (message: object) => {
    const body = JSON.stringify({ v: 1, traceId: 'trace', ...message });
    const attributes = { ApproximateReceiveCount: '1', SentTimestamp: '0', SenderId: 'x', ApproximateFirstReceiveTimestamp: '0' };
    const record = { messageId: 'm1', receiptHandle: 'r', body, attributes, messageAttributes: {}, md5OfBody: '', eventSource: 'aws:sqs' };
    return { Records: [{ ...record, eventSourceARN: 'arn', awsRegion: 'us-east-1' }] };
  };

  test('ends a job whose budget is used up once, and changes nothing when it is called again, late, or for an older generation', async () => {
    await using system = await startSystem({ parts: [] });
    const handle = createDlqHandler(system.core);
    const { table } = system.core;
    const error = { code: 'ATTEMPT_FAILED', message: 'It failed.', attempt: 9, at: 1 };
    const { job } = await table.create(makeJob({ generation: 2, failures: 9, error }));
    if (job === undefined) throw new Error('the job was not created');
    const { jobId } = job;
    expect(await handle(deadLetter({ jobId, generation: 1, version: 1 }))).toEqual({ batchItemFailures: [] });
    expect(await table.get(jobId)).toMatchObject({ status: 'PENDING', version: 1 });
    for (let times = 0; times < 2; times += 1) {
      expect(await handle(deadLetter({ jobId, generation: 2, version: 1 }))).toEqual({ batchItemFailures: [] });
      expect(await table.get(jobId)).toMatchObject({ status: 'FAILED_FINAL', version: 2, error: { code: 'ATTEMPT_FAILED', attempt: 9 } });
    }
    expect(await handle(deadLetter({ jobId: 'none', generation: 1, version: 1 }))).toEqual({ batchItemFailures: [] });
    expect(await handle(deadLetter({ nothing: 'of ours' }))).toEqual({ batchItemFailures: [] });
  });

  test('sends a job with budget left again before it deletes the dead letter, and lets one come back that it cannot send', async () => {
    await using system = await startSystem({ parts: [] });
    const { core } = system;
    const claim = { id: 'claim', expiresAt: Date.now() + 3000 };
    const { job } = await core.table.create(makeJob({ status: 'PROCESSING', attempts: 1, claim }));
    if (job === undefined) throw new Error('the job was not created');
    const letter = deadLetter({ jobId: job.jobId, generation: 1, version: 1 });
    const queues = { ...core.queues, send: () => Promise.reject(new JobError('QUEUE_UNAVAILABLE')) };
    expect(await createDlqHandler({ ...core, queues })(letter)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(await createDlqHandler(core)(letter)).toEqual({ batchItemFailures: [] });
    // Due when its worker's lease ends.
    expect(await core.queues.receive('NORMAL', { max: 1, waitSeconds: 0 })).toEqual([]);
    const [again] = await core.queues.receive('NORMAL', { max: 1, waitSeconds: 10 });
    expect(decodeMessage(again?.body ?? '')).toMatchObject({ jobId: job.jobId });
    expect(await core.table.get(job.jobId)).toEqual(job);
  });
});
