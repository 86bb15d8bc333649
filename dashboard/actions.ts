/** What a person can do to jobs from the page. */
import type { Connection } from '../client/connection.ts';
import { isPassing, JobTicketsError } from '../client/errors.ts';
import type { JobPriority } from '../client/job.ts';
import { randomKey } from '../client/randomKey.ts';
import { documents, type Answers, type JobTypeInfo } from './documents.ts';

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
  /** Answers the jobId. Sent again when its answer is lost, which its key makes harmless. */
  create(job: NewJob): Promise<string>;
  retry(jobId: string): Promise<void>;
  cancel(jobId: string): Promise<void>;
  /** The ids of all jobs that failed for good, of one type or of all. */
  failedJobs(which: { readonly type: string | undefined; readonly owner: string | undefined }): Promise<readonly string[]>;
  /** One after the other. */
  applyToAll(action: 'retry' | 'cancel', jobIds: readonly string[], onProgress?: (done: number) => void): Promise<Outcome>;
  /** The jobId of the job that has this ticket, or was created with this key. */
  find(text: string, owner: string | undefined): Promise<string | undefined>;
}

export interface Outcome {
  readonly done: number;
  /** Those that had moved on meanwhile. */
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
    async failedJobs({ type, owner }) {
      const filter = { status: ['FAILED_FINAL'], ...(type === undefined ? {} : { type: [type] }) };
      const ids: string[] = [];
      for (let after: string | null = null; ;) {
        const { jobs }: Answers['failedIds'] = await connection.request({
          query: documents.failedIds,
          variables: { filter, owner, after },
        });
        ids.push(...jobs.edges.map(({ node }) => node.jobId));
        if (!jobs.pageInfo.hasNextPage) return ids;
        after = jobs.pageInfo.endCursor;
      }
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
    async find(text, owner) {
      if (/^[0-9a-z]{26}$/i.test(text)) {
        const jobId = text.toUpperCase();
        try {
          return (await connection.request<Answers['listedJob']>({ query: documents.listedJob, variables: { jobId } })).job.jobId;
        } catch (error) {
          if (!(error instanceof JobTicketsError && error.code === 'JOB_NOT_FOUND')) throw error;
        }
      }
      const variables = { idempotencyKey: text, owner };
      return (await connection.request<Answers['jobByKey']>({ query: documents.jobByKey, variables })).jobByIdempotencyKey?.jobId;
    },
  };

  /** False where it has moved on, for which someone else may have seen meanwhile. */
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
