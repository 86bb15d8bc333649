/**
 * Lambda of the table's stream: publishes every transition again, and makes the deliveries of its webhooks, so that a crash
 * between write and publish loses nothing. Watchers drop what they have seen. When a record was deleted, which the table's TTL
 * does, it removes the record's tags and what its handler kept.
 */
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { latestEventOf } from '../core/feed/event.ts';
import type { Job } from '../core/job.ts';
import { decodeImage } from '../core/table/dynamodb/codec.ts';
import type { Core } from '../core/usecases/core.ts';
import { mayKeep, removeKept } from '../core/usecases/kept.ts';
import { isUntold, tellWebhooks } from '../core/usecases/tellWebhooks.ts';

export type StreamRelay = (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;

/**
 * In the order of the records, which for one job is the order of its versions. Reports the first record whose publish failed,
 * so that the batch comes again from there. A record that cannot be read is logged and skipped: it must not block the jobs
 * behind it.
 */
export function createStreamRelay(core: Pick<Core, 'feed' | 'log' | 'table' | 'queues' | 'telemetry'>): StreamRelay {
  const { feed, log, table } = core;
  return async ({ Records }) => {
    for (const record of Records) {
      const failed = { batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' }] };
      const deleted = deletedOf(record);
      try {
        if (deleted?.tags !== undefined) await table.removeTags(deleted);
        if (deleted !== undefined && mayKeep(deleted)) await removeKept({ table }, deleted.jobId);
      } catch (error) {
        log.warn({ error, jobId: deleted?.jobId }, 'what belongs to a deleted job could not be removed; trying again');
        return failed;
      }
      const job = transitionOf(record);
      if (job === 'unreadable') {
        log.error(
          { eventId: record.eventID, sequenceNumber: record.dynamodb?.SequenceNumber },
          'a record of the table’s stream is not readable',
        );
      } else if (job !== undefined) {
        if (!(await feed.publish(latestEventOf(job)))) return failed;
        try {
          // Most likely its writer has made the deliveries meanwhile.
          const present = isUntold(job) ? await table.get(job.jobId) : undefined;
          if (present !== undefined) await tellWebhooks(core, present);
        } catch (error) {
          log.warn({ error, jobId: job.jobId }, 'the webhooks of a job could not be handled; trying again');
          return failed;
        }
      }
    }
    return { batchItemFailures: [] };
  };
}

/** The job whose deletion a record shows. */
function deletedOf({ dynamodb }: DynamoDBRecord): Job | undefined {
  const { NewImage, OldImage } = dynamodb ?? {};
  if (NewImage !== undefined || OldImage?.['version'] === undefined) return undefined;
  try {
    return decodeImage(OldImage);
  } catch {
    return undefined;
  }
}

/** The job after the transition that a record shows; undefined for locks, deletions, and writes that changed no version. */
function transitionOf({ dynamodb }: DynamoDBRecord): Job | 'unreadable' | undefined {
  const { NewImage, OldImage } = dynamodb ?? {};
  const version = NewImage?.['version']?.N;
  if (NewImage === undefined || version === undefined || version === OldImage?.['version']?.N) return undefined;
  try {
    return decodeImage(NewImage);
  } catch {
    return 'unreadable';
  }
}
