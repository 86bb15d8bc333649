/** Reads of single jobs, coalesced: those asked for in one turn are one call, as when a thousand watched jobs are read again. */
import type { Log } from '../../telemetry/log.ts';
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import type { Core } from './core.ts';

/** Strongly consistent, and nothing is cached: the job is at least as new as the call. @throws {JobError} `TABLE_UNAVAILABLE`. */
export type ReadJob = (jobId: string) => Promise<Job | undefined>;

type Waiting = Map<string, PromiseWithResolvers<Job | undefined>>;

/** As many as `getMany` takes. */
const maxBatch = 100;
/** Calls under way at a time: when 200,000 watched jobs are read again, the rest wait, and are fuller for it. */
const maxCalls = 16;

export function createCoalescedReads(table: Pick<Core['table'], 'get' | 'getMany'>): ReadJob {
  /** The last one takes more. */
  const batches: Waiting[] = [];
  let calls = 0;
  let isStarting = false;

  async function read(waiting: Waiting): Promise<void> {
    const [jobId, ...more] = waiting.keys();
    try {
      if (jobId === undefined) return;
      const jobs = more.length === 0 ? [await table.get(jobId)] : await table.getMany([jobId, ...more]);
      for (const [index, { resolve }] of [...waiting.values()].entries()) resolve(jobs[index]);
    } catch (error) {
      // One id that the table refuses, or one record that is none, is nobody else's fault.
      if (more.length > 0 && !(error instanceof JobError)) batches.unshift(...Array.from(waiting, (one) => new Map([one])));
      else for (const { reject } of waiting.values()) reject(error);
    }
  }

  async function readFirst(): Promise<void> {
    const batch = batches.shift();
    if (batch === undefined) return;
    calls += 1;
    await read(batch);
    calls -= 1;
    start();
  }

  function start(): void {
    while (calls < maxCalls && batches.length > 0) void readFirst();
  }

  function startAfterThisTurn(): void {
    if (isStarting) return;
    isStarting = true;
    setImmediate(() => {
      isStarting = false;
      start();
    });
  }

  return (jobId) => {
    startAfterThisTurn();
    let batch = batches.at(-1);
    if (batch === undefined || batch.size >= maxBatch) batches.push((batch = new Map()));
    const known = batch.get(jobId) ?? Promise.withResolvers();
    batch.set(jobId, known);
    return known.promise;
  };
}

/** Logs once that the table is away, and once that it is back, however many jobs are watched. */
export function readLoggingOutages(read: ReadJob, log: Log): ReadJob {
  let isAway = false;
  return async (jobId) => {
    try {
      const job = await read(jobId);
      if (isAway) log.info('watched jobs can be read again');
      isAway = false;
      return job;
    } catch (error) {
      const isOutage = error instanceof JobError;
      if (!isOutage) log.warn({ error, jobId }, 'a watched job could not be read');
      else if (!isAway) log.warn({ error }, 'the table does not answer; watched jobs are read when it does');
      isAway ||= isOutage;
      throw error;
    }
  };
}
