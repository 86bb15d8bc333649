import { exactly } from '../../core/clock.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, inject, test } from 'vitest';
import type { JobEvent } from '../../core/feed/event.ts';
import { createMemoryFeed } from '../../core/feed/memory/memoryFeed.ts';
import { advance } from '../../core/usecases/advance.ts';
import { createDlqHandler } from '../../lambda/dlqHandler.ts';
import { startStreamMapping } from '../../lambda/streamMapping.ts';
import { createStreamRelay } from '../../lambda/streamRelay.ts';
import { makeJob } from '../support/jobFactory.ts';
import { silentLog } from '../support/silentLog.ts';
import { startSystem } from '../support/startSystem.ts';

describe('the relay of the table’s stream, on DynamoDB Local', () => {
  test('tells watchers what a writer that was killed did not', async () => {
    await using system = await startSystem({ parts: ['lambdas'], dynamodbUrl: inject('dynamoDbLocalUrl') });
    const { core, watches } = system;
    const { job } = await core.table.create(makeJob());
    if (job === undefined) throw new Error('the job was not created');
    const seen = Array.fromAsync(await watches.job({ owner: job.owner, jobId: job.jobId }));
    // Written, and never published.
    await advance({ ...core, feed: { ...core.feed, publish: () => Promise.resolve(false) } }, 'cancel', job, {
      facts: { now: exactly(Date.now()) },
    });
    expect((await seen).map(({ status, recovered }) => [status, recovered])).toEqual([
      ['PENDING', undefined],
      ['CANCELLED', undefined],
    ]);
  });

  test('goes on at the record whose publish failed, and keeps the order of versions', async () => {
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
      handler: createStreamRelay({ feed, log: silentLog }),
      now: Date.now,
      log: silentLog,
    });
    const { job } = await table.create(makeJob());
    if (job === undefined) throw new Error('the job was not created');
    const now = Date.now();
    const claimed = await advance({ ...system.core, feed: createMemoryFeed() }, 'claim', job, {
      facts: { now: exactly(now) },
      changes: { claim: { id: 'claim', expiresAt: now + 1000 }, attempts: 1 },
    });
    if (!claimed.ok) throw new Error('the job was not claimed');
    await advance({ ...system.core, feed: createMemoryFeed() }, 'succeed', claimed.job, { facts: { now: exactly(now), claimId: 'claim' } });
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

  test('ends a job once, and changes nothing when it is called again, late, or for an older generation', async () => {
    await using system = await startSystem({ parts: [] });
    const handle = createDlqHandler(system.core);
    const { table } = system.core;
    const { job } = await table.create(makeJob({ generation: 2 }));
    if (job === undefined) throw new Error('the job was not created');
    const { jobId } = job;
    expect(await handle(deadLetter({ jobId, generation: 1, version: 1 }))).toEqual({ batchItemFailures: [] });
    expect(await table.get(jobId)).toMatchObject({ status: 'PENDING', version: 1 });
    for (let times = 0; times < 2; times += 1) {
      expect(await handle(deadLetter({ jobId, generation: 2, version: 1 }))).toEqual({ batchItemFailures: [] });
      expect(await table.get(jobId)).toMatchObject({ status: 'FAILED_FINAL', version: 2, error: { code: 'RECEIVES_EXHAUSTED' } });
    }
    expect(await handle(deadLetter({ jobId: 'none', generation: 1, version: 1 }))).toEqual({ batchItemFailures: [] });
    expect(await handle(deadLetter({ nothing: 'of ours' }))).toEqual({ batchItemFailures: [] });
  });

  test('lets a dead letter come back while a worker’s lease runs, and ends the job after it', async () => {
    await using system = await startSystem({ parts: [] });
    const handle = createDlqHandler(system.core);
    const expiresAt = Date.now() + 1000;
    const claimed = { status: 'PROCESSING', attempts: 1, claim: { id: 'claim', expiresAt } } as const;
    const { job } = await system.core.table.create(makeJob(claimed));
    if (job === undefined) throw new Error('the job was not created');
    const letter = deadLetter({ jobId: job.jobId, generation: 1, version: 1 });
    expect(await handle(letter)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    await sleep(expiresAt - Date.now());
    expect(await handle(letter)).toEqual({ batchItemFailures: [] });
    expect(await system.core.table.get(job.jobId)).toMatchObject({ status: 'FAILED_FINAL' });
  });
});
