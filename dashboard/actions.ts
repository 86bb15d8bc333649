/** What a person can do to jobs from the page. */
import type { Connection } from '../client/connection.ts';
import { isPassing, JobTicketsError } from '../client/errors.ts';
import type { JobPriority } from '../client/job.ts';
import { randomKey } from '../client/randomKey.ts';
import { documents, type Answers, type Filter, type JobCount, type JobTypeInfo, type Whose } from './documents.ts';
import { listedOfAll } from './filterOf.ts';

export interface NewJob {
  readonly type: string;
  readonly params: unknown;
  readonly priority: JobPriority;
  readonly delaySeconds?: number | undefined;
  /** Instead of a delay. */
  readonly runAt?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

export interface Actions {
  types(): Promise<readonly JobTypeInfo[]>;
  /** Returns the jobId. Sent again when its answer is lost, which the idempotency key makes harmless. */
  create(job: NewJob): Promise<string>;
  retry(jobId: string): Promise<void>;
  cancel(jobId: string): Promise<void>;
  /** One after the other. */
  applyToAll(action: 'retry' | 'cancel', jobIds: readonly string[], onProgress?: (done: number) => void): Promise<Outcome>;
  /** The job that has this ticket, or was created with this key; else the tag that jobs have. */
  find(text: string, whose: Whose): Promise<Found | undefined>;
  count(filter: Filter, whose: Whose): Promise<JobCount>;
}

export type Found =
  | { readonly by: 'ticket' | 'idempotency key'; readonly jobId: string }
  | { readonly by: 'tag'; readonly tag: string; readonly count: JobCount };

export interface Outcome {
  readonly done: number;
  /** The jobs that had changed meanwhile. */
  readonly refused: number;
}

export function createActions(connection: Connection): Actions {
  const apply = async (action: 'retry' | 'cancel', jobId: string): Promise<void> => {
    await connection.request({ query: documents[action], variables: { jobId } }, { isRepeatable: false });
  };

  return {
    retry: (jobId) => apply('retry', jobId),
    cancel: (jobId) => apply('cancel', jobId),
    async types() {
      return (await connection.request<Answers['types']>({ query: documents.types })).jobTypes;
    },
    async create(job) {
      const input = { ...job, idempotencyKey: randomKey() };
      const { createJob } = await connection.request<Answers['create']>({ query: documents.create, variables: { input } });
      return createJob.job.jobId;
    },
    async applyToAll(action, jobIds, onProgress) {
      let [done, refused] = [0, 0];
      for (const jobId of jobIds) {
        if (await applyPatiently(action, jobId)) done += 1;
        else refused += 1;
        onProgress?.(done + refused);
      }
      return { done, refused };
    },
    async find(text, whose) {
      const byTicket = await jobIdOf(text);
      if (byTicket !== undefined) return { by: 'ticket', jobId: byTicket };
      // Each owner has keys of their own, and across all owners only some states can be listed.
      const status = whose.allOwners === true ? { status: listedOfAll } : {};
      const [byKey, tagged] = await Promise.all([
        whose.allOwners === true ? undefined : jobIdOfKey(text, whose.owner),
        count({ tags: [text], ...status }, whose),
      ]);
      if (byKey !== undefined) return { by: 'idempotency key', jobId: byKey };
      return tagged.count === 0 ? undefined : { by: 'tag', tag: text, count: tagged };
    },
    count,
  };

  async function count(filter: Filter, whose: Whose): Promise<JobCount> {
    return (await connection.request<Answers['count']>({ query: documents.count, variables: { filter, ...whose } })).jobCount;
  }

  /** For a text that looks like a ticket, if there is such a job. */
  async function jobIdOf(text: string): Promise<string | undefined> {
    if (!/^[0-9a-z]{26}$/i.test(text)) return undefined;
    const jobId = text.toUpperCase();
    try {
      return (await connection.request<Answers['listedJob']>({ query: documents.listedJob, variables: { jobId } })).job.jobId;
    } catch (error) {
      if (error instanceof JobTicketsError && error.code === 'JOB_NOT_FOUND') return undefined;
      throw error;
    }
  }

  async function jobIdOfKey(idempotencyKey: string, owner: string | undefined): Promise<string | undefined> {
    const variables = { idempotencyKey, owner };
    return (await connection.request<Answers['jobByKey']>({ query: documents.jobByKey, variables })).jobByIdempotencyKey?.jobId;
  }

  /** False where it has changed; somebody else may have seen it meanwhile. */
  async function applyPatiently(action: 'retry' | 'cancel', jobId: string): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      try {
        await apply(action, jobId);
        return true;
      } catch (error) {
        if (error instanceof JobTicketsError && error.code.startsWith('JOB_NOT_')) return tries > 1;
        if (!isPassing(error)) throw error;
        await connection.pause(error, tries);
      }
    }
  }
}
