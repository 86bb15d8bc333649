/**
 * The Jobs table in one SQLite file, for the one process that has it open: conditional writes are decided by the state
 * machine's own predicates inside a transaction. A transaction holds many writes. Each is answered when it is on the disk, or
 * earlier where its writer asks for that.
 */
import { randomBytes } from 'node:crypto';
import { exactly, monotonic, type Clock, type ServiceTime } from '../../clock.ts';
import type { Job, QueuedJob } from '../../job.ts';
import type { Touch } from '../../transitions.ts';
import { createEntries } from '../entries.ts';
import type { IdempotencyLock, JobTable, WriteResult } from '../jobTable.ts';
import { rowOf } from './change.ts';
import { createRawEntries } from './entries.ts';
import type { Done } from './operations.ts';
import { createPayloads } from './payloads.ts';
import { readJob, readLock, readPosition, readQueuedJob, readSurveyedJob, readSweepState } from './records.ts';
import { openTableThreads } from './threads.ts';

export interface SqliteTableOptions {
  /** A path, or `inMemory`. */
  readonly file: string;
  readonly jobTtlDays: number;
  readonly clock: Clock;
  /** How often expired rows are deleted. Default 60,000. */
  readonly expireEveryMs?: number;
  /** Called once if the table ends unexpectedly. Default: the error is thrown, uncaught. */
  readonly onFailure?: (error: Error) => void;
}

export interface SqliteTable extends JobTable {
  /** Ends the leases of all workers: for a process that knows it is the only one, before it does anything else. */
  endLeases(): Promise<void>;
  /** Jobs that may run now or soon, oldest first. Fewer than `limit`: there are no more. */
  listQueued(page: QueuedQuery): Promise<readonly QueuedJob[]>;
  /** Deletes final records, payloads, idempotency keys and entries that expired before `now` (milliseconds). */
  expire(now: number): Promise<void>;
  /** Completes pending requests. May be called twice. */
  close(): Promise<void>;
}

export interface QueuedQuery {
  /** Exclusive: the last id of the page before. */
  readonly after?: string | undefined;
  /** Exclusive: only jobs created before the time of this id. */
  readonly before: string;
  readonly limit: number;
}

/** Ids, or rows, that one operation reads: each delays the writes behind it only for a moment. */
const pageSize = 1000;

/** @throws {DatabaseRefused} where the file cannot be used. */
export async function openSqliteTable(options: SqliteTableOptions): Promise<SqliteTable> {
  const { file, jobTtlDays, clock, expireEveryMs = 60_000, onFailure = throwUncaught } = options;
  const { write, writeEarly, read, dispatch, close } = await openTableThreads({ file, onFailure });
  const time = createOwnTime(clock);
  const origin = randomBytes(6).toString('base64url');
  let writes = 0;
  /** No write is repeated here; the id only tells one write of a record from the next. */
  const newWriteId = (): string => `${origin}${(writes += 1).toString(36)}`;

  /** By job: writes that were answered early are shown to nobody until they are on the disk. */
  const early = new Map<string, Promise<void>>();

  /** By job: a job cannot be read until its creation is answered. */
  const creating = new Map<string, Promise<unknown>>();

  async function records(jobIds: readonly string[]): Promise<Done['texts']> {
    if (creating.size > 0) await Promise.allSettled(jobIds.map((jobId) => creating.get(jobId) ?? Promise.resolve()));
    const { texts } = await read({ kind: 'get', jobIds });
    if (early.size > 0) await Promise.all(jobIds.map((jobId) => early.get(jobId) ?? Promise.resolve()));
    return texts;
  }

  async function expire(now: number): Promise<void> {
    const operation = { kind: 'expire', nowSeconds: Math.floor(now / 1000), limit: pageSize } as const;
    while ((await write(operation)).ok);
  }

  // If a run fails, the next one does its work.
  const expiring = setInterval(() => void expire(time().at).catch(() => undefined), expireEveryMs).unref();

  return {
    ...createPayloads({ write, writeEarly, read }, jobTtlDays),
    entries: createEntries({ raw: createRawEntries({ write, read }), time: () => Promise.resolve(time()), newVersion: newWriteId }),

    keepsOrder: true,
    dispatch,
    seesOthers: true,

    time: () => Promise.resolve(time()),

    async create(draft) {
      const job: Job = { ...draft, writeId: newWriteId() };
      const written = write({ kind: 'create', row: rowOf(job) });
      creating.set(job.jobId, written);
      try {
        const { ok, texts } = await written;
        return ok ? { ok, job } : { ok, job: jobOf(texts) };
      } finally {
        creating.delete(job.jobId);
      }
    },

    async transition(event, jobId, input) {
      const days = jobTtlDays + (input.spareDays ?? 0);
      const expiresAt = Math.ceil(input.facts.now.high / 1000) + days * 86_400;
      const operation = { kind: 'transition', event, jobId, input, stamp: { writeId: newWriteId(), expiresAt } } as const;
      // After a loss of power, a lost job may be handed in again under another id: so no job begins before it is on the disk.
      if (input.early !== true || creating.has(jobId)) return written(await write(operation));
      const { answered, durable } = writeEarly(operation);
      early.set(jobId, durable);
      const forget = (): void => void (early.get(jobId) === durable && early.delete(jobId));
      durable.then(forget, forget);
      return { ...written(await answered), durable };
    },

    async touch(touch, jobId, facts, changes) {
      const operation = { kind: 'touch', touch, jobId, facts, changes, writeId: newWriteId() } as const;
      return written(await (earlyTouches.has(touch) ? writeEarly(operation).answered : write(operation)));
    },

    async lock(owner, idempotencyKey, lock, lowSeconds) {
      const { answered, durable } = writeEarly({ kind: 'lock', key: lockKey(owner, idempotencyKey), lock, lowSeconds });
      const { ok, texts } = await answered;
      // The process that took the key writes its job next, which brings the key to the disk; other callers wait for that.
      if (!ok) await durable;
      return { taken: ok, lock: lockOf(texts) ?? lock };
    },

    async readLock(owner, idempotencyKey) {
      return lockOf((await read({ kind: 'readLock', key: lockKey(owner, idempotencyKey) })).texts);
    },

    get: async (jobId) => jobOf(await records([jobId])),

    async getMany(jobIds, signal) {
      signal?.throwIfAborted();
      return (await records(jobIds)).map((text) => jobOf([text]));
    },

    async listOwned(query) {
      return present((await read({ kind: 'listOwned', query })).texts);
    },

    async surveyOwned(query) {
      return present((await read({ kind: 'surveyOwned', query })).texts).map(readSurveyedJob);
    },

    // They are deleted with their records.
    removeTags: () => Promise.resolve(),

    async listPlaced({ place, descending, from, below, after, limit }) {
      const query = { place, descending, from, below, after, limit };
      const rows = present((await read({ kind: 'listPlaced', query })).texts).map(readPosition);
      const jobs = rows.map(([rank, jobId]) => ({ jobId, rank }));
      return { jobs, next: jobs.length < limit ? undefined : jobs.at(-1)?.rank };
    },

    async listQueued({ after = '', before, limit }) {
      const { texts } = await read({ kind: 'listQueued', after, before, limit });
      return present(texts).map(readQueuedJob);
    },

    async readSweep() {
      const [text] = (await read({ kind: 'readState', name: 'sweep' })).texts;
      return text === null || text === undefined ? undefined : readSweepState(text);
    },

    async writeSweep(state) {
      await write({ kind: 'writeState', name: 'sweep', state: JSON.stringify(state) });
    },

    async check() {
      await read({ kind: 'check' });
    },

    async endLeases() {
      let after: string | undefined = '';
      while (after !== undefined) {
        const { texts } = await write({ kind: 'lapse', now: time().low, after, limit: pageSize });
        after = present(texts)[0];
      }
    },

    expire,

    async close() {
      clearInterval(expiring);
      await close();
    },
  };
}

/** The machine's own clock, which here is the service's. Set back, it continues; set forward, as after a sleep, it follows. */
function createOwnTime(clock: Clock): () => ServiceTime {
  let offset = -Infinity;
  return () => {
    const elapsed = monotonic();
    offset = Math.max(offset, clock.now() - elapsed);
    return exactly(Math.floor(elapsed + offset));
  };
}

/**
 * Each follows a write that is on the disk, is not shown to anyone, and is repeated if the machine lost it. Writes that depend on
 * it come after it in the log.
 */
const earlyTouches: ReadonlySet<Touch> = new Set(['pass', 'told']);

const present = (texts: Done['texts']): readonly string[] => texts.filter((text) => text !== null);

/** Unambiguous: no other owner and key give the same text. */
const lockKey = (owner: string, key: string): string => JSON.stringify([owner, key]);

function written({ ok, texts }: Done): WriteResult {
  const job = jobOf(texts);
  return ok && job !== undefined ? { ok, job } : { ok: false, job };
}

function jobOf([text]: Done['texts']): Job | undefined {
  return text === null || text === undefined ? undefined : readJob(text);
}

function lockOf([text]: Done['texts']): IdempotencyLock | undefined {
  return text === null || text === undefined ? undefined : readLock(text);
}

function throwUncaught(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
