import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { JobEvent } from '../core/feed/event.ts';
import { createMemoryFeed } from '../core/feed/memory/memoryFeed.ts';
import { JobError } from '../core/errors.ts';
import { jobStatuses, type Job } from '../core/job.ts';
import { encodeJob } from '../core/table/dynamodb/codec.ts';
import { webhooksKind } from '../core/usecases/webhooks.ts';
import { deliverWebhook, webhooksKey } from '../core/webhook.ts';
import { makeJob } from '../test/support/jobFactory.ts';
import { exactly } from '../core/clock.ts';
import { emptyTable, quietParts } from '../test/support/quietParts.ts';
import { createStreamRelay } from './streamRelay.ts';
import { keepStep, readStep } from '../core/usecases/keepStep.ts';

let sequence = 0;

function record(images: { readonly from?: Job; readonly to?: Job }): DynamoDBRecord {
  sequence += 1;
  const { from, to } = images;
  const dynamodb = { SequenceNumber: String(sequence), OldImage: from && encodeJob(from), NewImage: to && encodeJob(to) };
  return z.custom<DynamoDBRecord>().parse(JSON.parse(JSON.stringify({ dynamodb })));
}

function setup(takes: (event: JobEvent) => boolean = () => true, isAway = false, jobs = emptyTable()) {
  const published: JobEvent[] = [];
  const removed: string[] = [];
  const relay = createStreamRelay({
    feed: {
      ...createMemoryFeed(),
      publish(event) {
        if (!takes(event)) return Promise.resolve(false);
        published.push(event);
        return Promise.resolve(true);
      },
    },
    ...quietParts,
    table: {
      ...jobs,
      removeTags({ jobId }) {
        removed.push(jobId);
        return isAway ? Promise.reject(new Error('the table is away')) : Promise.resolve();
      },
    },
  });
  return { relay, published, removed, entries: jobs.entries };
}

const first = makeJob();
const second: Job = {
  ...first,
  version: 2,
  status: 'PROCESSING',
  history: [...first.history, { version: 2, status: 'PROCESSING', at: 2, attempt: 1 }],
};

describe('the stream relay', () => {
  test('publishes each transition, in order, and nothing else', async () => {
    const { relay, published } = setup();
    const Records = [
      record({ to: first }),
      record({ from: first, to: second }),
      record({ from: second, to: { ...second, progress: 50 } }),
      record({ from: second }),
      { dynamodb: { SequenceNumber: '0', NewImage: { pk: { S: 'key#1#a#b' }, jobId: { S: 'x' } } } },
    ];
    expect(await relay({ Records })).toEqual({ batchItemFailures: [] });
    expect(published.map(({ version, status, previousStatus }) => [version, status, previousStatus])).toEqual([
      [1, 'PENDING', undefined],
      [2, 'PROCESSING', 'PENDING'],
    ]);
  });

  test('makes the deliveries of a job’s webhooks, and reports the job where it could not', async () => {
    const table = emptyTable();
    const owner = 'with webhooks';
    const { low } = await table.time();
    const times = { createdAt: low, since: low, updatedAt: low };
    const asked = { statuses: [...jobStatuses], workflowStatuses: [], tags: [], secrets: [], url: 'https://example.com/' };
    const endpoints = [{ endpointId: `${webhooksKey(owner)}.${first.jobId}`, ...asked, ...times }];
    await table.entries.put(webhooksKind, { key: webhooksKey(owner), value: { owner, endpoints } });
    const { job } = await table.create({ ...makeJob({ owner }), webhookVersion: 0 });
    if (job === undefined) throw new Error('the job was not created');
    const Records = [record({ to: job }), record({ to: job })];
    const away = { ...table, create: () => Promise.reject(new JobError('TABLE_UNAVAILABLE')) };
    expect(await setup(undefined, false, away).relay({ Records })).toEqual({
      batchItemFailures: [{ itemIdentifier: Records[0]?.dynamodb?.SequenceNumber }],
    });
    expect(await table.get(job.jobId)).toMatchObject({ webhookVersion: 0 });

    const { relay, published } = setup(undefined, false, table);
    expect(await relay({ Records })).toEqual({ batchItemFailures: [] });
    expect(await table.get(job.jobId)).toMatchObject({ webhookVersion: 1 });
    const { jobs } = await table.listPlaced({ place: 'open', limit: 10 });
    const made = await table.getMany(jobs.map(({ jobId }) => jobId));
    expect(made.filter((one) => one?.type === deliverWebhook.name)).toHaveLength(1);
    expect(published.map(({ jobId }) => jobId)).toEqual([job.jobId, job.jobId]);
  });

  test('removes the tags of deleted jobs, and of nothing else', async () => {
    const tagged: Job = { ...makeJob(), tags: ['order 7'] };
    const { relay, published, removed } = setup();
    const Records = [record({ to: tagged }), record({ from: tagged, to: { ...tagged, progress: 1 } }), record({ from: makeJob() })];
    expect(await relay({ Records: [...Records, record({ from: tagged })] })).toEqual({ batchItemFailures: [] });
    expect(removed).toEqual([tagged.jobId]);
    expect(published).toHaveLength(1);
  });

  test('removes what a deleted job kept', async () => {
    const { relay, entries } = setup();
    const [deleted, other] = [makeJob({ keeps: true }), makeJob({ keeps: true })];
    const table = { entries, time: () => Promise.resolve(exactly(Date.now())) };
    for (const job of [deleted, other]) await keepStep({ table }, job, 'step', { result: 1 });
    expect(await relay({ Records: [record({ from: deleted })] })).toEqual({ batchItemFailures: [] });
    expect(await readStep({ table }, deleted, 'step')).toBeUndefined();
    expect(await readStep({ table }, other, 'step')).toEqual({ result: 1 });
  });

  test('reports a deletion whose tags could not be removed', async () => {
    const { relay } = setup(() => true, true);
    const deleted = record({ from: { ...makeJob(), tags: ['order 7'] } });
    expect(await relay({ Records: [deleted] })).toEqual({ batchItemFailures: [{ itemIdentifier: deleted.dynamodb?.SequenceNumber }] });
  });

  test('skips a poison record', async () => {
    const { relay, published } = setup();
    const poison: DynamoDBRecord = { dynamodb: { SequenceNumber: '9', NewImage: { pk: { S: 'job#1' }, version: { N: '1' } } } };
    expect(await relay({ Records: [poison, record({ to: first })] })).toEqual({ batchItemFailures: [] });
    expect(published).toHaveLength(1);
  });

  test('reports the first record that the feed did not accept, and stops there', async () => {
    const { relay, published } = setup(({ version }) => version !== 2);
    const Records = [record({ to: first }), record({ from: first, to: second }), record({ to: makeJob() })];
    expect(await relay({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: Records[1]?.dynamodb?.SequenceNumber }] });
    expect(published).toHaveLength(1);
  });
});
