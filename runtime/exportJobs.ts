/** Writes all jobs as DynamoDB's "import from S3" takes them: one item a line, in DynamoDB JSON, compressed. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { encodeJob, encodeLock } from '../core/table/dynamodb/codec.ts';
import { exportRecords } from '../core/table/sqlite/exportRecords.ts';

/**
 * All as it is at one moment, while others write on. Answers how many jobs.
 * @throws {DatabaseRefused}; the system's own error where the target is there already or has no room.
 */
export async function exportJobs(file: string, target: string): Promise<number> {
  let jobs = 0;
  function* lines(): Generator<string, void, undefined> {
    for (const record of exportRecords(file)) {
      if ('job' in record) jobs += 1;
      const Item = 'job' in record ? encodeJob(record.job) : encodeLock(record.owner, record.idempotencyKey, record.lock);
      yield `${JSON.stringify({ Item })}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createGzip(), createWriteStream(target, { flags: 'wx' }));
  return jobs;
}
