/**
 * The statements of the table on one connection. A conditional write reads the record, asks the predicates of the state
 * machine, and writes: within the transaction of its group, where nobody comes between.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type Job, queuedFields } from '../../job.ts';
import { allows, permits, touchOf, transitionOf } from '../../transitions.ts';
import { isUnawaited } from '../../workflow/look.ts';
import type { IdempotencyLock, TransitionInput } from '../jobTable.ts';
import { afterTouch, afterTransition, rowOf } from './change.ts';
import type { CommitLog } from './commitLog.ts';
import { isSqliteError } from './database.ts';
import { createEntryWrites, createPlaceReads } from './entryStatements.ts';
import type { Answer, Done, Operation, ReadOperation, Row, WriteOperation } from './operations.ts';
import { listOwned } from './ownedJobs.ts';
import { surveyOwned } from './surveyOwned.ts';
import { readJob, readLock } from './records.ts';
import { createTagWrites } from './tagStatements.ts';
import { textKey } from './textKey.ts';

export interface Store {
  /** All requests of a group, in order: the writes survive the end of this process when it returns, or none of them is made. */
  run(operations: readonly Operation[]): readonly Answer[];
  /** Syncs all writes to the disk. @throws the system's error: it is then unknown which of them are on the disk. */
  sync(): void;
  /** Whether all writes are on the disk. */
  readonly isSynced: boolean;
}

const done = (ok: boolean, ...texts: readonly (string | null)[]): Done => ({ ok, texts });

/** `log` syncs the commits to the disk; without it, each commit is on the disk when it returns. */
export function createStore(database: DatabaseSync, log?: Pick<CommitLog, 'sync'>): Store {
  const write = createWrites(database);
  const read = createReads(database);
  let isSynced = true;

  function one(operation: Operation): Answer {
    try {
      return isWrite(operation) ? write(operation) : read(operation);
    } catch (error) {
      // An error of the file fails the whole group.
      if (isSqliteError(error)) throw error;
      return { failure: String(error), isFault: true };
    }
  }

  function commit(operations: readonly Operation[]): readonly Answer[] {
    try {
      database.exec('BEGIN IMMEDIATE');
      const answers = operations.map(one);
      database.exec('COMMIT');
      isSynced = log === undefined;
      return answers;
    } catch (error) {
      // On a full disk SQLite may have rolled back already.
      if (database.isTransaction) database.exec('ROLLBACK');
      return refusedTo(operations, error);
    }
  }

  function look(operations: readonly Operation[]): readonly Answer[] {
    try {
      return operations.map(one);
    } catch (error) {
      return refusedTo(operations, error);
    }
  }

  return {
    run: (operations) => (operations.some(isWrite) ? commit(operations) : look(operations)),
    sync() {
      if (!isSynced) log?.sync();
      isSynced = true;
    },
    get isSynced() {
      return isSynced;
    },
  };
}

function refusedTo(operations: readonly Operation[], error: unknown): readonly Answer[] {
  return operations.map(() => ({ failure: String(error), isFault: !isSqliteError(error) }));
}

const writeKinds: Readonly<Record<WriteOperation['kind'], true>> = {
  create: true,
  transition: true,
  touch: true,
  lock: true,
  keepPayload: true,
  renewPayload: true,
  putEntry: true,
  removeEntry: true,
  writeState: true,
  lapse: true,
  expire: true,
};

function isWrite(operation: Operation): operation is WriteOperation {
  return operation.kind in writeKinds;
}

function createWrites(database: DatabaseSync): (operation: WriteOperation) => Done {
  const find = database.prepare('SELECT id, outcome, partition, sort, expiresAt, running, errorCode, record FROM jobs WHERE jobId = ?');
  const insert = database.prepare(
    `INSERT INTO jobs (jobId, owner, type, outcome, partition, sort, expiresAt, running, errorCode, record)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const rewrite = database.prepare('UPDATE jobs SET record = ? WHERE id = ?');
  const note = database.prepare('UPDATE jobs SET running = ?, errorCode = ?, record = ? WHERE id = ?');
  const move = database.prepare(
    'UPDATE jobs SET outcome = ?, partition = ?, sort = ?, expiresAt = ?, running = ?, errorCode = ?, record = ? WHERE id = ?',
  );
  const findLock = database.prepare('SELECT lock FROM locks WHERE key = ?');
  const putLock = database.prepare('INSERT OR REPLACE INTO locks (key, lock, expiresAt) VALUES (?, ?, ?)');
  const putPayload = database.prepare('INSERT INTO payloads (key, json, expiresAt) VALUES (?, ?, ?)');
  const renewPayload = database.prepare('UPDATE payloads SET expiresAt = ? WHERE key = ? AND expiresAt < ?');
  const putState = database.prepare('INSERT OR REPLACE INTO states (name, state) VALUES (?, ?)');
  // A damaged record is skipped, so that it does not affect the others.
  const heldIds = database.prepare(
    `SELECT jobId FROM jobs WHERE partition = 'open' AND sort > ?
       AND iif(json_valid(record), json_extract(record, '$.claim.expiresAt'), 0) > ? ORDER BY sort LIMIT ?`,
  );
  const expireJobs = database.prepare('DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE expiresAt <= ? LIMIT ?)');
  const expirePayloads = database.prepare('DELETE FROM payloads WHERE key IN (SELECT key FROM payloads WHERE expiresAt <= ? LIMIT ?)');
  const entries = createEntryWrites(database);
  const tags = createTagWrites(database);
  const expireEntries = database.prepare('DELETE FROM entries WHERE key IN (SELECT key FROM entries WHERE expiresAt <= ? LIMIT ?)');
  const expireLocks = database.prepare('DELETE FROM locks WHERE key IN (SELECT key FROM locks WHERE expiresAt <= ? LIMIT ?)');

  /** The record as it is, and what it becomes: `undefined` where the rules refuse the write. */
  function change(jobId: string, decide: (job: Job) => Job | undefined): Done {
    const found = find.get(jobId);
    if (found === undefined) return done(false, null);
    const before = String(found['record']);
    const next = decide(readJob(before));
    if (next === undefined) return done(false, before);
    const row = rowOf(next);
    const { record, outcome, partition, sort, expiresAt, running, errorCode } = row;
    const id = found['id'] ?? null;
    const isMoved = found['outcome'] !== outcome || found['partition'] !== partition || found['sort'] !== sort;
    const isNoted = found['running'] !== running || found['errorCode'] !== errorCode;
    // SQLite writes an index whenever its column is named, so columns are named only when they change.
    if (isMoved || found['expiresAt'] !== expiresAt) move.run(outcome, partition, sort, expiresAt, running, errorCode, record, id);
    else if (isNoted) note.run(running, errorCode, record, id);
    else rewrite.run(record, id);
    if (isMoved || isNoted) tags.change(row);
    return done(true, record);
  }

  /** As it is written where nobody waits for the job. */
  function quiet(job: Job, input: TransitionInput): TransitionInput {
    const listeners = input.listeners?.map((listener) => find.get(listener));
    if (listeners === undefined) return input;
    const seen = listeners.map((found) => (found === undefined ? undefined : readJob(String(found['record']))));
    return isUnawaited(job, seen) ? { ...input, changes: { ...input.changes, tell: null } } : input;
  }

  function create(row: Row): Done {
    const { jobId, owner, type, outcome, partition, sort, expiresAt, running, errorCode, record } = row;
    const present = find.get(jobId);
    if (present !== undefined) return done(false, String(present['record']));
    insert.run(jobId, textKey(owner), textKey(type), outcome, partition, sort, expiresAt, running, errorCode, record);
    tags.create(row);
    // Its writer has the record.
    return done(true);
  }

  function lock(key: string, wanted: IdempotencyLock, lowSeconds: number): Done {
    const present = findLock.get(key);
    if (present !== undefined && readLock(String(present['lock'])).expiresAt > lowSeconds) return done(false, String(present['lock']));
    const text = JSON.stringify(wanted);
    putLock.run(key, text, wanted.expiresAt);
    return done(true, text);
  }

  function lapse(now: number, after: string, limit: number): Done {
    const jobIds = heldIds.all(after, now, limit).map(({ jobId }) => String(jobId));
    for (const jobId of jobIds) change(jobId, (job) => afterTouch(job, { leaseExpiresAt: now }, job.writeId));
    return done(true, ...jobIds.slice(-1));
  }

  return (operation) => {
    switch (operation.kind) {
      case 'create':
        return create(operation.row);
      case 'transition': {
        const { event, jobId, input, stamp } = operation;
        const rule = transitionOf(event);
        return change(jobId, (job) => (allows(rule, job, input.facts) ? afterTransition(job, event, quiet(job, input), stamp) : undefined));
      }
      case 'touch': {
        const { touch, jobId, facts, changes, writeId } = operation;
        return change(jobId, (job) => (permits(touchOf(touch), job, facts) ? afterTouch(job, changes, writeId) : undefined));
      }
      case 'lock':
        return lock(operation.key, operation.lock, operation.lowSeconds);
      case 'keepPayload':
        putPayload.run(operation.key, operation.json, operation.expiresAt);
        return done(true);
      case 'renewPayload':
        renewPayload.run(operation.expiresAt, operation.key, operation.expiresAt);
        return done(true);
      case 'putEntry':
        return entries.put(operation.entry, operation.condition);
      case 'removeEntry':
        return entries.remove(operation.key, operation.version);
      case 'writeState':
        putState.run(operation.name, operation.state);
        return done(true);
      case 'lapse':
        return lapse(operation.now, operation.after, operation.limit);
      case 'expire': {
        const { nowSeconds, limit } = operation;
        tags.expire(nowSeconds, limit);
        entries.expireKept(nowSeconds, limit);
        const deleted = [expireJobs, expirePayloads, expireLocks, expireEntries].map((statement) =>
          Number(statement.run(nowSeconds, limit).changes),
        );
        return done(deleted.some((count) => count === limit));
      }
    }
  };
}

function createReads(database: DatabaseSync): (operation: ReadOperation) => Done {
  const get = database.prepare('SELECT record FROM jobs WHERE jobId = ?');
  const getLock = database.prepare('SELECT lock FROM locks WHERE key = ?');
  const getPayload = database.prepare('SELECT json FROM payloads WHERE key = ?');
  const getState = database.prepare('SELECT state FROM states WHERE name = ?');
  const places = createPlaceReads(database);
  // Done by SQLite itself, since there may be a million of them; damaged records are skipped.
  const queued = database.prepare(
    `SELECT json_object('jobId', jobId, ${queuedFields.map((field) => `'${field}', json_extract(record, '$.${field}')`).join(', ')}) AS job
       FROM jobs WHERE partition = 'open' AND sort > ? AND sort < ?
       AND json_valid(record) ORDER BY sort LIMIT ?`,
  );

  return (operation) => {
    switch (operation.kind) {
      case 'get':
        return done(true, ...operation.jobIds.map((jobId) => textOf(get.get(jobId)?.['record'])));
      case 'readLock':
        return done(true, textOf(getLock.get(operation.key)?.['lock']));
      case 'readPayloads':
        return done(true, ...operation.keys.map((key) => textOf(getPayload.get(key)?.['json'])));
      case 'readState':
        return done(true, textOf(getState.get(operation.name)?.['state']));
      case 'listOwned':
        return done(true, ...listOwned(database, operation.query));
      case 'surveyOwned':
        return done(true, ...surveyOwned(database, operation.query));
      case 'listPlaced':
        return places.listPlaced(operation.query);
      case 'readEntries':
        return places.readEntries(operation.keys);
      case 'listEntries':
        return places.listEntries(operation.query);
      case 'listQueued':
        return done(true, ...queued.all(operation.after, operation.before, operation.limit).map(({ job }) => String(job)));
      case 'check':
        get.get('');
        return done(true);
    }
  };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
