/** Reads the records that a look at a waiting job needs: each once per look. */
import type { Job } from '../job.ts';
import type { ReadSoFar, Seen } from '../workflow/look.ts';
import type { Core } from './core.ts';

export interface Records {
  readonly seen: ReadSoFar;
  /** Undefined for a record that was not read, also where `seen` knows that the job has succeeded. */
  readonly get: (jobId: string) => Job | undefined;
  /** Reads the first of them, and with each further call twice as many at a time. */
  read(jobIds: readonly string[]): Promise<void>;
}

export function createRecords({ table }: Pick<Core, 'table'>, known: readonly Job[] = []): Records {
  const records = new Map<string, Job | 'unborn'>(known.map((job) => [job.jobId, job]));
  const successes = successesIn(table);
  let size = 1;
  const seen = (jobId: string): Seen | undefined => records.get(jobId) ?? successes.recent.get(jobId) ?? successes.before.get(jobId);
  return {
    seen,
    get(jobId) {
      const record = records.get(jobId);
      return record === 'unborn' ? undefined : record;
    },
    async read(jobIds) {
      const [first, ...others] = jobIds;
      // The first one is read even if it is known.
      const some = first === undefined ? [] : [first, ...others.filter((jobId) => seen(jobId) === undefined)].slice(0, size);
      const found = some.length === 1 && first !== undefined ? [await table.get(first)] : await table.getMany(some);
      for (const [index, jobId] of some.entries()) {
        const job = found[index];
        records.set(jobId, job ?? 'unborn');
        if (job !== undefined) rememberSuccess(table, job);
      }
      // A look ends at the first open job: records beyond that were read in vain.
      size = Math.min(readsAtOnce, 2 * size);
    },
  };
}

const readsAtOnce = 100;

/**
 * A success is final, so a job that this process has seen succeed is not read again. By id; some megabytes. The recent ones, and
 * those before them, which are dropped together: to look for the oldest one at each new one costs more.
 */
interface Successes {
  recent: Map<string, Pick<Job, 'status' | 'generation'>>;
  before: Successes['recent'];
}

const maxRecent = 10_000;
const known = new WeakMap<object, Successes>();

function successesIn(table: object): Successes {
  const successes: Successes = known.get(table) ?? { recent: new Map(), before: new Map() };
  known.set(table, successes);
  return successes;
}

export function rememberSuccess(table: object, { jobId, status, generation }: Job): void {
  if (status !== 'SUCCEEDED') return;
  const successes = successesIn(table);
  successes.recent.set(jobId, { status, generation });
  if (successes.recent.size < maxRecent) return;
  successes.before = successes.recent;
  successes.recent = new Map();
}
