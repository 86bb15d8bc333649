/** What a person can do to jobs from the page. */
import type { Connection } from '../client/connection.ts';
import { isPassing, JobTicketsError } from '../client/errors.ts';
import type { JobPriority } from '../client/job.ts';
import { documents, type Answers, type JobTypeInfo } from './documents.ts';

export interface NewJob {
  readonly type: string;
  readonly params: unknown;
  readonly priority: JobPriority;
  readonly delaySeconds: number;
  readonly idempotencyKey: string;
}

export interface Actions {
  types(): Promise<readonly JobTypeInfo[]>;
  /** Answers the jobId. Sent again when its answer is lost, which its key makes harmless. */
  create(job: NewJob): Promise<string>;
  retry(jobId: string): Promise<void>;
  cancel(jobId: string): Promise<void>;
  /** The ids of all jobs that failed for good, of one type or of all. */
  failedJobs(type: string | undefined): Promise<readonly string[]>;
  /** One after the other; answers how many began anew. */
  retryAll(jobIds: readonly string[], onProgress: (done: number) => void): Promise<{ readonly retried: number; readonly refused: number }>;
}

export function createActions(connection: Connection): Actions {
  async function retry(jobId: string): Promise<void> {
    await connection.request({ query: documents.retry, variables: { jobId } }, { isRepeatable: false });
  }

  return {
    retry,
    async types() {
      return (await connection.request<Answers['types']>({ query: documents.types })).jobTypes;
    },
    async create(input) {
      const { createJob } = await connection.request<Answers['create']>({ query: documents.create, variables: { input } });
      return createJob.job.jobId;
    },
    async cancel(jobId) {
      await connection.request({ query: documents.cancel, variables: { jobId } }, { isRepeatable: false });
    },
    async failedJobs(type) {
      const filter = { status: ['FAILED_FINAL'], ...(type === undefined ? {} : { type: [type] }) };
      const ids: string[] = [];
      for (let after: string | null = null; ;) {
        const { jobs }: Answers['failedIds'] = await connection.request({ query: documents.failedIds, variables: { filter, after } });
        ids.push(...jobs.edges.map(({ node }) => node.jobId));
        if (!jobs.pageInfo.hasNextPage) return ids;
        after = jobs.pageInfo.endCursor;
      }
    },
    async retryAll(jobIds, onProgress) {
      let retried = 0;
      let refused = 0;
      for (const jobId of jobIds) {
        if (await retryPatiently(jobId)) retried += 1;
        else refused += 1;
        onProgress(retried + refused);
      }
      return { retried, refused };
    },
  };

  /** False where it is no longer to be retried, for which someone else may have seen meanwhile. */
  async function retryPatiently(jobId: string): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      try {
        await retry(jobId);
        return true;
      } catch (error) {
        if (error instanceof JobTicketsError && error.code.startsWith('JOB_NOT_')) return tries > 1;
        if (!isPassing(error)) throw error;
        await connection.pause(error, tries);
      }
    }
  }
}
