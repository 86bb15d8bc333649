/**
 * The Jobs table on DynamoDB, with single-item conditional writes throughout. The SDK sends a write again whose answer was
 * lost. Where DynamoDB throttles or is away for longer, calls reject with `TABLE_UNAVAILABLE`.
 */
import { randomBytes } from 'node:crypto';
import { DescribeTableCommand, PutItemCommand, UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock, type Clock } from '../../clock.ts';
import { JobError } from '../../errors.ts';
import { isFinal, type Job } from '../../job.ts';
import { touchOf, transitionOf } from '../../transitions.ts';
import type { JobTable, WriteResult } from '../jobTable.ts';
import { createEntries } from '../entries.ts';
import { available } from './available.ts';
import { createBatchGet } from './batchGet.ts';
import { decodeJob, decodeLock, decodeSweep, encode, encodeJob } from './codec.ts';
import { touchExpressions, transitionExpressions, type WriteExpressions } from './conditions.ts';
import { idempotencyLockKey, jobKey, sweepKey } from './definition.ts';
import { createRawEntries } from './entries.ts';
import { createItems } from './items.ts';
import { createListings } from './listings.ts';
import { createPayloads } from './payloads.ts';
import { createReadPlace } from './places.ts';
import { openServiceClock } from './serviceClock.ts';
import { createTags } from './tags.ts';

export interface TableDeps {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly jobTtlDays: number;
  /** The clock of this machine; trusted only within the bounds that the service's answers give. */
  readonly clock?: Clock;
}

export function createTable({ dynamodb, tableName: TableName, jobTtlDays, clock = systemClock }: TableDeps): JobTable {
  const newWriteId = (): string => randomBytes(9).toString('base64url');
  const batchGet = createBatchGet({ dynamodb, tableName: TableName });
  const items = createItems({ dynamodb, tableName: TableName });
  const readPlace = createReadPlace({ dynamodb, tableName: TableName });
  const tags = createTags({ items, readPlace });
  // Any answer gives the time. Reading an item that does not exist costs half a read unit.
  const serviceClock = openServiceClock(dynamodb, () => items.get('time'), clock);

  async function update(jobId: string, writeId: string, write: WriteExpressions): Promise<WriteResult> {
    const pk = jobKey(jobId);
    try {
      const { Attributes } = await dynamodb.send(
        new UpdateItemCommand({
          TableName,
          Key: encode({ pk }),
          ...write,
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { ok: true, job: decodeJob(Attributes ?? {}) };
    } catch (error) {
      const present = await items.obstacle(pk, error);
      if (present === undefined) return { ok: false, job: undefined };
      const job = decodeJob(present);
      return { ok: job.writeId === writeId, job };
    }
  }

  return {
    ...createListings({ dynamodb, tableName: TableName, readPlace, tags }),
    ...createPayloads({ dynamodb, tableName: TableName, jobTtlDays, batchGet }),
    entries: createEntries({
      raw: createRawEntries({ items, batchGet, readPlace }),
      time: serviceClock.time,
      newVersion: newWriteId,
    }),

    async create(job) {
      const record: Job = { ...job, writeId: newWriteId() };
      await tags.keep(record);
      const written = await items.put(encodeJob(record), { expression: 'attribute_not_exists(pk)' });
      if (written.ok) return { ok: true, job: record };
      if (written.present === undefined) return { ok: false, job: undefined };
      const other = decodeJob(written.present);
      return { ok: other.writeId === record.writeId, job: other };
    },

    time: serviceClock.time,

    async lock(owner, idempotencyKey, lock, lowSeconds) {
      const pk = idempotencyLockKey(owner, idempotencyKey);
      const writeId = newWriteId();
      const free = { expression: 'attribute_not_exists(pk) OR expiresAt <= :now', values: { ':now': lowSeconds } };
      let written = await items.put(encode({ pk, ...lock, writeId }), free);
      // The lock expired, and was deleted, in between.
      while (!written.ok && written.present === undefined) written = await items.put(encode({ pk, ...lock, writeId }), free);
      if (written.ok || written.present === undefined) return { taken: true, lock };
      const other = decodeLock(written.present);
      return { taken: other.writeId === writeId, lock: other };
    },

    async readLock(owner, idempotencyKey) {
      const item = await items.get(idempotencyLockKey(owner, idempotencyKey));
      return item === undefined ? undefined : decodeLock(item);
    },

    async get(jobId) {
      const item = await items.get(jobKey(jobId));
      return item === undefined ? undefined : decodeJob(item);
    },

    async getMany(jobIds, signal) {
      const found = new Map<string, Job>();
      for (const item of await batchGet(jobIds.map(jobKey), signal)) {
        const job = decodeJob(item);
        found.set(job.jobId, job);
      }
      return jobIds.map((jobId) => found.get(jobId));
    },

    async transition(event, jobId, { facts, attempt, error, keptHistory, webhookVersion, changes = {}, spareDays = 0 }) {
      const writeId = newWriteId();
      const rule = transitionOf(event);
      const expiresAt = isFinal(rule.to) ? Math.ceil(facts.now.high / 1000) + (jobTtlDays + spareDays) * 86_400 : undefined;
      const withError = error === undefined ? changes : { ...changes, error };
      const write = { jobId, rule, facts, attempt, error, keptHistory, changes: withError, expiresAt, writeId };
      const result = await update(jobId, writeId, transitionExpressions({ ...write, webhookVersion }));
      const { job } = result;
      if (result.ok || webhookVersion !== undefined || job?.webhookVersion === undefined || job.version !== facts.version) return result;
      return update(jobId, writeId, transitionExpressions({ ...write, webhookVersion: job.webhookVersion }));
    },

    touch(touch, jobId, facts, changes) {
      const writeId = newWriteId();
      return update(jobId, writeId, touchExpressions({ jobId, rule: touchOf(touch), facts, changes, writeId }));
    },

    async readSweep() {
      const item = await items.get(sweepKey);
      return item === undefined ? undefined : decodeSweep(item);
    },

    async writeSweep(state) {
      await available(dynamodb.send(new PutItemCommand({ TableName, Item: encode({ pk: sweepKey, ...state }) })));
    },

    async check() {
      const { Table } = await available(dynamodb.send(new DescribeTableCommand({ TableName })));
      if (Table?.TableStatus !== 'ACTIVE')
        throw new JobError('TABLE_UNAVAILABLE', { message: `Table ${TableName} is ${Table?.TableStatus ?? 'unknown'}` });
    },
  };
}
