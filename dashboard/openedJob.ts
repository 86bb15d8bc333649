/** One opened job: read as a whole, then watched until it has ended, and again if it is retried. */
import { effect, signal as createSignal, type ReadonlySignal } from '@preact/signals-core';
import type { Connection } from '../client/connection.ts';
import { isFinal } from '../client/job.ts';
import { watchJob } from '../client/watchJob.ts';
import { documents, type Answers, type FullJob } from './documents.ts';
import type { JobList } from './jobList.ts';
import { applyEvent } from '../client/applyEvent.ts';

export interface OpenedJobState {
  readonly job: FullJob | undefined;
  readonly problem: string | undefined;
}

export interface OpenedJob {
  readonly state: ReadonlySignal<OpenedJobState>;
  /** Reads it again after a change for which there is no event. */
  refresh(): void;
  close(): void;
}

export function openJob(connection: Connection, list: Pick<JobList, 'state' | 'find'>, jobId: string): OpenedJob {
  const state = createSignal<OpenedJobState>({ job: undefined, problem: undefined });
  const closing = new AbortController();
  const { signal } = closing;

  async function read(): Promise<FullJob> {
    const { job } = await connection.request<Answers['fullJob']>({ query: documents.fullJob, variables: { jobId } }, { signal });
    state.value = { job, problem: undefined };
    return job;
  }

  async function follow(): Promise<void> {
    for (;;) {
      const { version, status } = await read();
      if (!isFinal(status)) {
        for await (const event of watchJob(connection, jobId, { afterVersion: version, signal })) {
          const { job } = state.peek();
          if (job !== undefined) state.value = { job: applyEvent(job, event), problem: undefined };
        }
        // Its result, and other data that only the record has.
        const { status: ended } = await read();
        if (!isFinal(ended)) continue;
      }
      await retried();
      signal.throwIfAborted();
    }
  }

  /** The list receives all events, so it knows when this job is retried. */
  async function retried(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = effect(() => {
      // Read here so that this runs again whenever the list receives an event.
      void list.state.value;
      if ((list.find(jobId)?.version ?? 0) > (state.peek().job?.version ?? 0)) resolve();
    });
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    stop();
  }

  void follow().catch((error: unknown) => {
    if (!signal.aborted) state.value = { ...state.peek(), problem: error instanceof Error ? error.message : String(error) };
  });

  return { state, refresh: () => void read().catch(() => undefined), close: () => closing.abort() };
}
