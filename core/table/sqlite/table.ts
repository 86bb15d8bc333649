/**
 * The Jobs table in one SQLite file, for the one process that has it open: conditional writes decided by the state
 * machine's own predicates inside the transaction, many of them to a transaction, each answered when it is on the disk, or
 * where its writer asks for that, before.
 */
import { randomBytes } from 'node:crypto';
import { exactly, monotonic, type Clock, type ServiceTime } from '../../clock.ts';
import type { Job, QueuedJob } from '../../job.ts';
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
  /** How often what has expired is deleted. Default 60,000. */
  readonly expireEveryMs?: number;
  /** Called once if the table ends by itself. Default: the error is thrown, uncaught. */
  readonly onFailure?: (error: Error) => void;
}

export interface SqliteTable extends JobTable {
  /** Ends the leases of whoever held a job: for a process that knows that it is alone, before it does anything else. */
  endLeases(): Promise<void>;
  /** Jobs that may run now or soon, oldest first. Fewer than `limit`: there are no more. */
  listQueued(page: QueuedQuery): Promise<readonly QueuedJob[]>;
  /** Deletes final records, payloads, idempotency keys and entries that expired before `now` (milliseconds). */
  expire(now: number): Promise<void>;
  /** Ends what was asked. Twice is fine. */
  close(): Promise<void>;
}

export interface QueuedQuery {
  /** Exclusive: the last page's last id. */
  readonly after?: string | undefined;
  /** Exclusive: only jobs that were created before this id could be. */
  readonly before: string;
  readonly limit: number;
}

/** Ids, or rows, that one operation passes through: each holds up the writes behind it for a moment only. */
const pageSize = 1000;

/** @throws {DatabaseRefused} where the file cannot be used. */
export async function openSqliteTable(options: SqliteTableOptions): Promise<SqliteTable> {
  const { file, jobTtlDays, clock, expireEveryMs = 60_000, onFailure = throwUncaught } = options;
  const { write, writeEarly, read, close } = await openTableThreads({ file, onFailure });
  const time = createOwnTime(clock);
  const origin = randomBytes(6).toString('base64url');
  let writes = 0;
  /** Nothing is ever written twice here; it tells one write of a record from the next. */
  const newWriteId = (): string => `${origin}${(writes += 1).toString(36)}`;

  /** By job: until they are on the disk, nobody is shown what was written early. */
  const early = new Map<string, Promise<void>>();

  /** By job: until its creation is answered, it is not there to be read. */
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

  // A run that fails is made up for by the next one.
  const expiring = setInterval(() => void expire(time().at).catch(() => undefined), expireEveryMs).unref();

  return {
    ...createPayloads({ write, writeEarly, read }, jobTtlDays),
    entries: createEntries({ raw: createRawEntries({ write, read }), time: () => Promise.resolve(time()), newVersion: newWriteId }),

    keepsOrder: true,

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
      // What a loss of power takes back may be handed in again, under another id: nobody begins with what is not on the disk.
      if (input.early !== true || creating.has(jobId)) return written(await write(operation));
      const { answered, durable } = writeEarly(operation);
      early.set(jobId, durable);
      const forget = (): void => void (early.get(jobId) === durable && early.delete(jobId));
      durable.then(forget, forget);
      return { ...written(await answered), durable };
    },

    async touch(touch, jobId, facts, changes) {
      return written(await write({ kind: 'touch', touch, jobId, facts, changes, writeId: newWriteId() }));
    },

    async lock(owner, idempotencyKey, lock, lowSeconds) {
      const { answered, durable } = writeEarly({ kind: 'lock', key: lockKey(owner, idempotencyKey), lock, lowSeconds });
      const { ok, texts } = await answered;
      // Who took it writes its job next, which brings it to the disk; another is told of it.
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

    // They go with their records.
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

/** The machine's own, which here is the service's: set back, it goes on; set forward, as after a sleep, it follows. */
function createOwnTime(clock: Clock): () => ServiceTime {
  let offset = -Infinity;
  return () => {
    const elapsed = monotonic();
    offset = Math.max(offset, clock.now() - elapsed);
    return exactly(Math.floor(elapsed + offset));
  };
}

const present = (texts: Done['texts']): readonly string[] => texts.filter((text) => text !== null);

/** Unambiguous: no owner and key spell another's. */
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
