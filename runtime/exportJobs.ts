/** Writes all jobs in the format of DynamoDB's "import from S3": one item per line, in DynamoDB JSON, compressed. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { encodeEntry } from '../core/table/dynamodb/entries.ts';
import { encodeJob, encodeLock, encodePayloadItem, type Item } from '../core/table/dynamodb/codec.ts';
import { tagItems } from '../core/table/dynamodb/tags.ts';
import { exportRecords, type ExportedRecord } from '../core/table/sqlite/exportRecords.ts';

/**
 * All jobs as they are at one moment, while others write on. Returns how many jobs.
 * @throws {DatabaseRefused}; the system's own error where the target exists already or has no room.
 */
export async function exportJobs(file: string, target: string): Promise<number> {
  let jobs = 0;
  function* lines(): Generator<string, void, undefined> {
    for (const record of exportRecords(file)) {
      if ('job' in record) jobs += 1;
      for (const Item of itemsOf(record)) yield `${JSON.stringify({ Item })}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createGzip(), createWriteStream(target, { flags: 'wx' }));
  return jobs;
}

function itemsOf(record: ExportedRecord): readonly Item[] {
  if ('job' in record) return [encodeJob(record.job), ...tagItems(record.job)];
  if ('payload' in record) return [encodePayloadItem(record.payload)];
  if ('entry' in record) return [encodeEntry(record.entry)];
  return [encodeLock(record.owner, record.idempotencyKey, record.lock)];
}
