/** Reads of single jobs, coalesced: those asked for in one turn are one call, as when a thousand watched jobs are read again. */
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import type { Core } from './core.ts';

/** Strongly consistent, and nothing is cached: the job is at least as new as the call. @throws {JobError} `TABLE_UNAVAILABLE`. */
export type ReadJob = (jobId: string) => Promise<Job | undefined>;

type Waiting = ReadonlyMap<string, PromiseWithResolvers<Job | undefined>>;

/** As many as `getMany` takes. */
const maxBatch = 100;

export function createCoalescedReads(table: Pick<Core['table'], 'get' | 'getMany'>): ReadJob {
  let open: Map<string, PromiseWithResolvers<Job | undefined>> | undefined;

  async function read(waiting: Waiting): Promise<void> {
    const [jobId, ...more] = waiting.keys();
    try {
      if (jobId === undefined) return;
      const jobs = more.length === 0 ? [await table.get(jobId)] : await table.getMany([jobId, ...more]);
      for (const [index, { resolve }] of [...waiting.values()].entries()) resolve(jobs[index]);
    } catch (error) {
      // One id that the table refuses, or one record that is none, is nobody else's fault.
      if (more.length > 0 && !(error instanceof JobError)) for (const one of waiting) void read(new Map([one]));
      else for (const { reject } of waiting.values()) reject(error);
    }
  }

  function openBatch(): Map<string, PromiseWithResolvers<Job | undefined>> {
    const batch = new Map<string, PromiseWithResolvers<Job | undefined>>();
    setImmediate(() => {
      if (open === batch) open = undefined;
      void read(batch);
    });
    return batch;
  }

  return (jobId) => {
    if (open === undefined || open.size >= maxBatch) open = openBatch();
    const known = open.get(jobId) ?? Promise.withResolvers();
    open.set(jobId, known);
    return known.promise;
  };
}
