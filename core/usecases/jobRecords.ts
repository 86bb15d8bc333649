/** Reads the records that a look at a waiting job needs: each once per look. */
import type { Job } from '../job.ts';
import type { ReadSoFar } from '../workflow/look.ts';
import type { Core } from './core.ts';

export interface Records {
  readonly seen: ReadSoFar;
  readonly get: (jobId: string) => Job | undefined;
  /** The first of them, and then several at a time. */
  read(jobIds: readonly string[]): Promise<void>;
}

export function createRecords({ table }: Pick<Core, 'table'>, known: readonly Job[] = []): Records {
  const records = new Map<string, Job | 'unborn'>(known.map((job) => [job.jobId, job]));
  let size = 1;
  return {
    seen: (jobId) => records.get(jobId),
    get(jobId) {
      const record = records.get(jobId);
      return record === 'unborn' ? undefined : record;
    },
    async read(jobIds) {
      const some = jobIds.slice(0, size);
      const [only, ...others] = some;
      const found = only !== undefined && others.length === 0 ? [await table.get(only)] : await table.getMany(some);
      for (const [index, jobId] of some.entries()) records.set(jobId, found[index] ?? 'unborn');
      size = readsAtOnce;
    },
  };
}

const readsAtOnce = 100;
