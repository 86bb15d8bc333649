/**
 * Lambda of the table's stream: publishes every transition again, so that a crash between write and publish loses
 * nothing. Watchers drop what they have seen.
 */
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { latestEventOf, type JobEvent } from '../core/feed/event.ts';
import { decodeImage } from '../core/table/dynamodb/codec.ts';
import type { Core } from '../core/usecases/core.ts';

export type StreamRelay = (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;

/**
 * In the order of the records, which for one job is the order of its versions. Reports the first record whose publish
 * failed, so that the batch comes again from there. A record that cannot be read is logged and passed over: it must not
 * block the jobs behind it.
 */
export function createStreamRelay({ feed, log }: Pick<Core, 'feed' | 'log'>): StreamRelay {
  return async ({ Records }) => {
    for (const record of Records) {
      const event = transitionOf(record);
      if (event === 'unreadable') {
        log.error(
          { eventId: record.eventID, sequenceNumber: record.dynamodb?.SequenceNumber },
          'a record of the table’s stream is not readable',
        );
      } else if (event !== undefined && !(await feed.publish(event))) {
        return { batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' }] };
      }
    }
    return { batchItemFailures: [] };
  };
}

/** The transition that a record shows; undefined for locks, deletions, and writes that changed no version. */
function transitionOf({ dynamodb }: DynamoDBRecord): JobEvent | 'unreadable' | undefined {
  const { NewImage, OldImage } = dynamodb ?? {};
  const version = NewImage?.['version']?.N;
  if (NewImage === undefined || version === undefined || version === OldImage?.['version']?.N) return undefined;
  try {
    return latestEventOf(decodeImage(NewImage));
  } catch {
    return 'unreadable';
  }
}
