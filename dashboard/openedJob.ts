/** One job, opened: read as a whole, then watched to its end, and again if it is retried. */
import type { Connection } from '../client/connection.ts';
import { isFinal } from '../client/job.ts';
import { watchJob } from '../client/watchJob.ts';
import { documents, type Answers, type FullJob } from './documents.ts';
import type { JobList } from './jobList.ts';
import { applyEvent } from './jobRecord.ts';
import { createStore, type Store } from './store.ts';

export interface OpenedJobState {
  readonly job: FullJob | undefined;
  readonly problem: string | undefined;
}

export interface OpenedJob {
  readonly store: Store<OpenedJobState>;
  close(): void;
}

export function openJob(connection: Connection, list: Pick<JobList, 'store' | 'find'>, jobId: string): OpenedJob {
  const store = createStore<OpenedJobState>({ job: undefined, problem: undefined });
  const closing = new AbortController();
  const { signal } = closing;

  async function read(): Promise<FullJob> {
    const { job } = await connection.request<Answers['fullJob']>({ query: documents.fullJob, variables: { jobId } }, { signal });
    store.set({ job, problem: undefined });
    return job;
  }

  async function follow(): Promise<void> {
    for (;;) {
      const { version, status } = await read();
      if (!isFinal(status)) {
        for await (const event of watchJob(connection, jobId, { afterVersion: version, signal })) {
          const { job } = store.get();
          if (job !== undefined) store.set({ job: applyEvent(job, event) });
        }
        // Its result, and whatever else stands only in the record.
        const { status: ended } = await read();
        if (!isFinal(ended)) continue;
      }
      await retried();
      signal.throwIfAborted();
    }
  }

  /** The list, which is told of all jobs, knows when this one begins anew. */
  function retried(): Promise<void> {
    const isOutdated = (): boolean => (list.find(jobId)?.version ?? 0) > (store.get().job?.version ?? 0);
    return new Promise((resolve) => {
      const look = (): void => {
        if (!signal.aborted && !isOutdated()) return;
        forget();
        resolve();
      };
      const forget = list.store.listen(look);
      signal.addEventListener('abort', look, { once: true });
      look();
    });
  }

  void follow().catch((error: unknown) => {
    if (!signal.aborted) store.set({ problem: error instanceof Error ? error.message : String(error) });
  });

  return { store, close: () => closing.abort() };
}
