/**
 * The Jobs table on DynamoDB. Single-item conditional writes throughout. The SDK sends a write again whose answer was
 * lost; where DynamoDB throttles or is away beyond that, calls reject with `TABLE_UNAVAILABLE`.
 */
import { randomBytes } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { systemClock, type Clock } from '../../clock.ts';
import { JobError } from '../../errors.ts';
import { isFinal, type Job } from '../../job.ts';
import { touchOf, transitionOf } from '../../transitions.ts';
import type { JobTable, WriteResult } from '../jobTable.ts';
import { available, unavailable } from './available.ts';
import { createBatchGet } from './batchGet.ts';
import { decodeJob, decodeLock, decodeSweep, encode, encodeJob, type Item } from './codec.ts';
import { touchExpressions, transitionExpressions, type WriteExpressions } from './conditions.ts';
import { idempotencyLockKey, jobKey, sweepKey } from './definition.ts';
import { createListings } from './listings.ts';
import { createPayloads } from './payloads.ts';
import { openServiceClock } from './serviceClock.ts';

export interface TableDeps {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly jobTtlDays: number;
  /** Of this machine; trusted only within what the service's answers tell. */
  readonly clock?: Clock;
}

export function createTable({ dynamodb, tableName: TableName, jobTtlDays, clock = systemClock }: TableDeps): JobTable {
  const newWriteId = (): string => randomBytes(9).toString('base64url');
  const batchGet = createBatchGet({ dynamodb, tableName: TableName });
  // Any answer tells the time; that there is nothing is one of half a read unit.
  const serviceClock = openServiceClock(dynamodb, () => get('time'), clock);

  async function get(pk: string): Promise<Item | undefined> {
    const { Item } = await available(dynamodb.send(new GetItemCommand({ TableName, Key: encode({ pk }), ConsistentRead: true })));
    return Item;
  }

  /** Answers the item that stood in the way of a conditional write; some emulators do not send it along. */
  async function obstacle(pk: string, error: unknown): Promise<Item | undefined> {
    if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error);
    return error.Item ?? (await get(pk));
  }

  async function put(pk: string, item: Item, condition: string, values?: Item): Promise<Item | undefined> {
    try {
      await dynamodb.send(
        new PutItemCommand({
          TableName,
          Item: item,
          ConditionExpression: condition,
          ExpressionAttributeValues: values,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return undefined;
    } catch (error) {
      return obstacle(pk, error);
    }
  }

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
      const present = await obstacle(pk, error);
      if (present === undefined) return { ok: false, job: undefined };
      const job = decodeJob(present);
      return { ok: job.writeId === writeId, job };
    }
  }

  return {
    ...createListings({ dynamodb, tableName: TableName }),
    ...createPayloads({ dynamodb, tableName: TableName, jobTtlDays, batchGet }),

    async create(job) {
      const record: Job = { ...job, writeId: newWriteId() };
      const present = await put(jobKey(job.jobId), encodeJob(record), 'attribute_not_exists(pk)');
      if (present === undefined) return { ok: true, job: record };
      const other = decodeJob(present);
      return { ok: other.writeId === record.writeId, job: other };
    },

    time: serviceClock.time,

    async lock(owner, idempotencyKey, lock, lowSeconds) {
      const pk = idempotencyLockKey(owner, idempotencyKey);
      const writeId = newWriteId();
      const item = encode({ pk, ...lock, writeId });
      const free = 'attribute_not_exists(pk) OR expiresAt <= :now';
      const present = await put(pk, item, free, encode({ ':now': lowSeconds }));
      if (present === undefined) return { taken: true, lock };
      const other = decodeLock(present);
      return { taken: other.writeId === writeId, lock: other };
    },

    async readLock(owner, idempotencyKey) {
      const item = await get(idempotencyLockKey(owner, idempotencyKey));
      return item === undefined ? undefined : decodeLock(item);
    },

    async get(jobId) {
      const item = await get(jobKey(jobId));
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

    transition(event, jobId, { facts, attempt, error, keptHistory, changes = {} }) {
      const writeId = newWriteId();
      const rule = transitionOf(event);
      const expiresAt = isFinal(rule.to) ? Math.ceil(facts.now.high / 1000) + jobTtlDays * 86_400 : undefined;
      const withError = error === undefined ? changes : { ...changes, error };
      return update(
        jobId,
        writeId,
        transitionExpressions({ jobId, rule, facts, attempt, error, keptHistory, changes: withError, expiresAt, writeId }),
      );
    },

    touch(touch, jobId, facts, changes) {
      const writeId = newWriteId();
      return update(jobId, writeId, touchExpressions({ rule: touchOf(touch), facts, changes, writeId }));
    },

    async readSweep() {
      const item = await get(sweepKey);
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
