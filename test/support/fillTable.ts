/** Fills a table's file with copies of one job, made by SQLite itself: a million in half a minute, where writes one by one take many. */
import { rowOf } from '../../core/table/sqlite/change.ts';
import { openForWriting } from '../../core/table/sqlite/database.ts';
import type { Job } from '../../core/job.ts';

export interface FillTableOptions {
  /** Which no process has open. */
  readonly file: string;
  readonly jobs: number;
  /** All of them are this one, but for their ids: `fillId(prefix, 0)` and so on. */
  readonly like: Job;
  /** One letter: of their ids, which are older than any made now. */
  readonly prefix?: string;
}

export function fillTable({ file, jobs, like, prefix = 'A' }: FillTableOptions): void {
  const database = openForWriting(file);
  try {
    const { owner, type, outcome, partition, expiresAt, record } = rowOf(like);
    database.exec('PRAGMA synchronous = OFF; BEGIN');
    database
      .prepare(
        `WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :jobs),
           ids (id) AS (SELECT printf('01%s%023d', :prefix, i) FROM numbers)
         INSERT INTO jobs (jobId, owner, type, outcome, partition, sort, expiresAt, record)
         SELECT id, :owner, :type, :outcome, :partition, iif(:partition IS NULL, NULL, id), :expiresAt, json_set(:record, '$.jobId', id) FROM ids`,
      )
      .run({ jobs, prefix, owner, type, outcome, partition, expiresAt, record });
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

export const fillId = (prefix: string, index: number): string => `01${prefix}${String(index).padStart(23, '0')}`;
