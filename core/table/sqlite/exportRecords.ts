/** Everything in a table's file, for a transfer to another system. */
import { z } from 'zod';
import type { Job } from '../../job.ts';
import type { RawEntry } from '../entries.ts';
import type { IdempotencyLock } from '../jobTable.ts';
import { openForReading } from './database.ts';
import { allEntries } from './entryStatements.ts';
import { readJob, readLock } from './records.ts';

export type ExportedRecord =
  | { readonly job: Job }
  | { readonly payload: { readonly key: string; readonly json: string; readonly expiresAt: number } }
  | { readonly entry: RawEntry }
  | { readonly owner: string; readonly idempotencyKey: string; readonly lock: IdempotencyLock };

const ownerAndKey = z.tuple([z.string(), z.string()]);

/** As it is at one moment, while others write on. @throws {DatabaseRefused} */
export function* exportRecords(file: string): Generator<ExportedRecord, void, undefined> {
  const database = openForReading(file);
  try {
    database.exec('BEGIN');
    for (const { record } of database.prepare('SELECT record FROM jobs ORDER BY id').iterate()) {
      yield { job: readJob(String(record)) };
    }
    for (const { key, json, expiresAt } of database.prepare('SELECT key, json, expiresAt FROM payloads').iterate()) {
      yield { payload: { key: String(key), json: String(json), expiresAt: Number(expiresAt) } };
    }
    for (const entry of allEntries(database)) yield { entry };
    for (const { key, lock } of database.prepare('SELECT key, lock FROM locks').iterate()) {
      const [owner, idempotencyKey] = ownerAndKey.parse(JSON.parse(String(key)));
      yield { owner, idempotencyKey, lock: readLock(String(lock)) };
    }
  } finally {
    database.close();
  }
}
