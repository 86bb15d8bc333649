import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isFinal } from '../../core/job.ts';
import { decodeJob, encodeJob } from '../../core/table/dynamodb/codec.ts';
import { createClients } from '../../infra/local/clients.ts';
import { makeJob } from '../support/jobFactory.ts';
import { startSystem } from '../support/startSystem.ts';

type Item = Record<string, AttributeValue>;

const file = join(import.meta.dirname, '../contract/fixtures/itemsOfTheVersionBefore.json');
const items = z.array(z.custom<Item>((item) => typeof item === 'object')).parse(JSON.parse(await readFile(file, 'utf8')));
/** When the items were written: times in them are moved to an hour ago. */
const writtenAt = 1_795_000_000_000;

/** Milliseconds and seconds since the epoch, wherever they stand. */
function moved(text: string, byMs: number): string {
  return text.replaceAll(/"N":"(\d{13}|\d{10})"/g, (_, digits: string) => {
    const by = digits.length === 13 ? byMs : Math.round(byMs / 1000);
    return `"N":"${Number(digits) + by}"`;
  });
}

function itemsAnHourOld(): readonly Item[] {
  const text = moved(JSON.stringify(items), Date.now() - 3_600_000 - writtenAt);
  return z.array(z.custom<Item>((item) => typeof item === 'object')).parse(JSON.parse(text));
}

const jobItems = (all: readonly Item[]): readonly Item[] => all.filter(({ pk }) => pk?.S?.startsWith('job#') === true);

test('reads the records of the version before, with the whole of the usual budget', () => {
  const jobs = jobItems(items).map(decodeJob);
  expect(jobs).toHaveLength(8);
  for (const job of jobs) expect(job).toMatchObject({ failures: 0, maxFailures: 9, losses: 0, maxLosses: 3 });
  expect(jobs.filter(({ dueAt }) => dueAt !== undefined).map(({ dueAt }) => dueAt)).toEqual([writtenAt + 600_000]);
  // Only what has ended is ever deleted.
  expect(jobs.filter(({ expiresAt }) => expiresAt !== undefined).every(({ status }) => isFinal(status))).toBe(true);
});

test('writes what the version before requires of a record, so that both may run side by side', () => {
  expect(encodeJob(makeJob({}))).toMatchObject({ payloadHash: { S: '' } });
});

/** The index of places is newer than these: who upgrades gives them their place, or lets them end before. */
function placed({ openShard, ...item }: Item): Item {
  return openShard === undefined || item['jobId'] === undefined ? item : { ...item, place: openShard, rank: item['jobId'] };
}

test('goes on with the jobs of the version before, once they have their place: none is lost by upgrading', async () => {
  await using system = await startSystem({ parts: ['lambdas'], env: { SWEEP_AFTER_SECONDS: '1' } });
  const { core, config } = system;
  const clients = createClients(config);
  const old = itemsAnHourOld().map(placed);
  for (const Item of old) await clients.dynamodb.send(new PutItemCommand({ TableName: config.jobsTable, Item }));
  clients[Symbol.dispose]();
  const before = jobItems(old).map(decodeJob);
  // Messages of the version before name no type.
  for (const { jobId, generation, version, priority, traceId, status } of before)
    if (status === 'PENDING') await core.queues.send(priority, { jobId, generation, version, traceId }, 0);

  system.startWorker();
  for (const job of before) {
    const right = job.cancelRequested ? 'CANCELLED' : isFinal(job.status) ? job.status : 'SUCCEEDED';
    await expect.poll(async () => (await core.table.get(job.jobId))?.status, { timeout: 50_000 }).toBe(right);
  }
});
