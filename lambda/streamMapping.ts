/**
 * An event source mapping of a DynamoDB stream outside AWS: each shard's records in order, parents before children, with
 * iterators that expire and shards that split. Nothing is remembered over a restart: reading begins at the oldest record, and
 * records older than `maxAgeMs` are skipped.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { z } from 'zod';
import type { StreamPosition, StreamRecord, TableStream } from '../core/table/dynamodb/stream.ts';
import type { Log } from '../telemetry/log.ts';
import type { Mapping } from './queueMapping.ts';

export interface StreamMappingDeps {
  /** Undefined where the table has no stream: then there is nothing to map. */
  readonly openStream: () => Promise<TableStream | undefined>;
  readonly handler: (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;
  readonly now: () => number;
  readonly log: Log;
  /** 1 to 1,000. */
  readonly batchSize?: number;
  readonly maxAgeMs?: number;
  /** Tries of one record before it is skipped, so that no shard is blocked for good. */
  readonly maxTries?: number;
}

/** DynamoDB allows five reads a second and shard. */
const idleMs = 200;
const findShardsEveryMs = 2000;

export function startStreamMapping({
  openStream,
  handler,
  now,
  log,
  batchSize = 100,
  maxAgeMs = 300_000,
  maxTries = 10,
}: StreamMappingDeps): Mapping {
  const stopping = new AbortController();
  const finished = new Set<string>();
  const reading = new Map<string, Promise<void>>();
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

  /** Returns where to continue: after the batch, or at the record that the handler reported. */
  async function deliver(records: readonly StreamRecord[], tries: number): Promise<Exclude<StreamPosition, { at: 'oldest' }> | undefined> {
    const last = records.at(-1)?.dynamodb?.SequenceNumber;
    if (last === undefined) return undefined;
    const fresh = records.filter(({ dynamodb }) => now() - (dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0) <= maxAgeMs);
    const { batchItemFailures } = fresh.length === 0 ? { batchItemFailures: [] } : await handler({ Records: fresh.map(recordOf) });
    const failed = batchItemFailures[0]?.itemIdentifier;
    if (failed === undefined) return { at: 'after', sequenceNumber: last };
    if (tries < maxTries) return { at: 'record', sequenceNumber: failed };
    log.error({ sequenceNumber: failed, tries }, 'a record of the stream was skipped after its last try');
    return { at: 'after', sequenceNumber: failed };
  }

  async function readShard(stream: TableStream, shardId: string): Promise<void> {
    let position: StreamPosition = { at: 'oldest' };
    let iterator: string | undefined;
    let failedAt: string | undefined;
    let tries = 0;
    while (!stopping.signal.aborted) {
      try {
        iterator ??= await stream.iterator(shardId, position);
        const { records, nextIterator } = await stream.read(iterator, batchSize);
        const next = await deliver(records, tries + 1);
        if (next?.at === 'record') {
          tries = failedAt === next.sequenceNumber ? tries + 1 : 1;
          failedAt = next.sequenceNumber;
          position = next;
          iterator = undefined;
          await pause(Math.min(5000, 50 * 2 ** tries));
          continue;
        }
        tries = 0;
        position = next ?? position;
        // After a skipped record in the middle of a batch, the rest of the batch still has to be handled.
        const isWhole = next === undefined || next.sequenceNumber === records.at(-1)?.dynamodb?.SequenceNumber;
        iterator = isWhole ? nextIterator : undefined;
        if (isWhole && nextIterator === undefined) break;
        if (records.length === 0) await pause(idleMs);
      } catch (error) {
        if (stopping.signal.aborted) return;
        iterator = undefined;
        // The records at the position are no longer in the stream: continue at the oldest one.
        if (error instanceof Error && error.name === 'TrimmedDataAccessException') position = { at: 'oldest' };
        else if (!(error instanceof Error && error.name === 'ExpiredIteratorException'))
          log.warn({ error, shardId }, 'a shard could not be read; trying again');
        await pause(idleMs);
      }
    }
    finished.add(shardId);
  }

  async function run(): Promise<void> {
    let stream: TableStream | undefined;
    while (!stopping.signal.aborted) {
      try {
        stream ??= await openStream();
        if (stream === undefined) return log.info('the table has no stream; events that a crash kept from the feed are found by reading');
        const shards = await stream.shards();
        const known = new Set(shards.map(({ shardId }) => shardId));
        for (const { shardId, parentId } of shards) {
          const parentIsRead = parentId === undefined || !known.has(parentId) || finished.has(parentId);
          if (parentIsRead && !reading.has(shardId)) reading.set(shardId, readShard(stream, shardId));
        }
        // Shards that the stream no longer lists need not be remembered here.
        for (const shardId of finished) {
          if (known.has(shardId)) continue;
          finished.delete(shardId);
          reading.delete(shardId);
        }
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ error }, 'the table’s stream does not answer; trying again');
      }
      await pause(findShardsEveryMs);
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
      await Promise.all(reading.values());
    },
  };
}

/** The event of Lambda's documentation. Its images are JSON; for the types of this table the SDK's are too. */
function recordOf({ eventID, eventName, dynamodb }: StreamRecord): DynamoDBRecord {
  const record: unknown = JSON.parse(
    JSON.stringify({
      eventID,
      eventName,
      eventSource: 'aws:dynamodb',
      dynamodb: { SequenceNumber: dynamodb?.SequenceNumber, NewImage: dynamodb?.NewImage, OldImage: dynamodb?.OldImage },
    }),
  );
  return streamRecord.parse(record);
}

const streamRecord = z.custom<DynamoDBRecord>((record) => typeof record === 'object' && record !== null && 'dynamodb' in record);
