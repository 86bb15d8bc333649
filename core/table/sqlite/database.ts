/** The SQLite file of the table: opened, brought to the present schema, and closed. */
import { DatabaseSync } from 'node:sqlite';

/** Why the file cannot be used, in a sentence without a path. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
}

/** In memory of this process, and lost when it ends. */
export const inMemory = ':memory:';

/**
 * `user_version` says how many of these a file has been through: a step that was released is never changed, the next
 * one is added. Each row of `jobs` is one record as JSON beside the columns that its indexes need.
 *
 * Of jobs, `partition` is the place and `sort` the rank (`core/place.ts`); what has succeeded is in none. `expiresAt` (seconds)
 * stands at final records alone, `running` at those that a worker holds. An entry's `json` is its value. A row of `tags` holds
 * what lists ask beside one tag, so that a walk along its index needs no record; `all` has each tag as JSON on a line.
 */
const migrations: readonly string[] = [
  `CREATE TABLE jobs (
     id INTEGER PRIMARY KEY,
     jobId TEXT NOT NULL UNIQUE,
     owner TEXT NOT NULL,
     type TEXT NOT NULL,
     outcome TEXT,
     partition TEXT,
     sort TEXT,
     expiresAt INTEGER,
     record TEXT NOT NULL
   ) STRICT;
   CREATE INDEX byOwner ON jobs (owner, jobId);
   CREATE INDEX byOutcome ON jobs (owner, outcome, jobId);
   CREATE INDEX byType ON jobs (owner, type, jobId, outcome);
   CREATE INDEX byPartition ON jobs (partition, sort) WHERE partition IS NOT NULL;
   CREATE INDEX byExpiry ON jobs (expiresAt) WHERE expiresAt IS NOT NULL;
   CREATE TABLE locks (key TEXT PRIMARY KEY, lock TEXT NOT NULL, expiresAt INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE INDEX locksByExpiry ON locks (expiresAt);
   CREATE TABLE payloads (key TEXT PRIMARY KEY, json TEXT NOT NULL, expiresAt INTEGER NOT NULL) STRICT;
   CREATE INDEX payloadsByExpiry ON payloads (expiresAt);
   CREATE TABLE states (name TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE entries (
     key TEXT PRIMARY KEY,
     version TEXT NOT NULL,
     place TEXT,
     rank TEXT,
     expiresAt INTEGER,
     json TEXT NOT NULL
   ) STRICT;
   CREATE INDEX entriesByPlace ON entries (place, rank, key) WHERE place IS NOT NULL;
   CREATE INDEX entriesByExpiry ON entries (expiresAt) WHERE expiresAt IS NOT NULL;`,
  `ALTER TABLE jobs ADD COLUMN running INTEGER;
   ALTER TABLE jobs ADD COLUMN errorCode TEXT;
   UPDATE jobs SET running = iif(json_extract(record, '$.status') = 'PROCESSING', 1, NULL), errorCode = json_extract(record, '$.error.code')
     WHERE json_valid(record);
   UPDATE jobs SET partition = outcome, sort = jobId WHERE outcome IN ('FAILED', 'FAILED_FINAL', 'CANCELLED');
   CREATE INDEX byRunning ON jobs (owner, jobId) WHERE running IS NOT NULL;
   CREATE INDEX byError ON jobs (owner, errorCode, jobId, type, outcome) WHERE errorCode IS NOT NULL;
   CREATE TABLE tags (
     owner TEXT NOT NULL,
     tag TEXT NOT NULL,
     jobId TEXT NOT NULL,
     type TEXT NOT NULL,
     outcome TEXT,
     errorCode TEXT,
     "all" TEXT NOT NULL,
     PRIMARY KEY (owner, tag, jobId)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX tagsByJob ON tags (jobId);`,
];

/**
 * What the log may grow to before it is brought into the file, 16 MB: a write is some ten pages, mostly those of the write
 * before, so that many go into the file together, and few commits wait for that.
 */
const checkpointPages = 4000;

/** How long a write waits for a shell that writes to the same file. */
const busyTimeoutMs = 2000;

/**
 * Opens the file for the one process that writes it. A commit is on the disk when it returns, unless `openCommitLog` takes over the sync.
 * @throws {DatabaseRefused} where it is damaged, no database, or of a newer version of this project.
 */
export function openForWriting(file: string): DatabaseSync {
  const database = openFile(file, false);
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8192');
    database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw refusal(error);
  }
}

/** Reads committed data, and never delays the writer. @throws {DatabaseRefused} */
export function openForReading(file: string): DatabaseSync {
  const database = openFile(file, true);
  try {
    database.exec('PRAGMA cache_size = -8192');
    versionOf(database);
    return database;
  } catch (error) {
    database.close();
    throw refusal(error);
  }
}

function openFile(file: string, readOnly: boolean): DatabaseSync {
  try {
    return new DatabaseSync(file, { readOnly, timeout: busyTimeoutMs });
  } catch (error) {
    throw refusal(error);
  }
}

function migrate(database: DatabaseSync): void {
  for (let version = versionOf(database); version < migrations.length; version += 1) {
    database.exec(`BEGIN IMMEDIATE; ${migrations[version] ?? ''}; PRAGMA user_version = ${version + 1}; COMMIT`);
  }
}

function versionOf(database: DatabaseSync): number {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > migrations.length) {
    throw new DatabaseRefused(`was written by a newer version of this project (its schema is ${version}, here it is ${migrations.length})`);
  }
  return version;
}

function refusal(error: unknown): unknown {
  if (!isSqliteError(error)) return error;
  return new DatabaseRefused(meanings.get(error.errcode & 0xff) ?? `cannot be opened (${error.message})`, { cause: error });
}

/** SQLite's primary result codes. */
const meanings: ReadonlyMap<number, string> = new Map([
  [8, 'cannot be written'],
  [11, 'is damaged, and was left as it is: restore a backup'],
  [13, 'cannot be opened: the disk is full'],
  [26, 'is no database, and was left as it is'],
]);

export function isSqliteError(error: unknown): error is Error & { readonly errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}
