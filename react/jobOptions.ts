/** A job as a query of TanStack Query: `useQuery(jobOptions(jobId))` follows it to its final state. */
import { isFinal, type Job } from 'job-tickets-client';
import { followJob, type JobClient } from './followJob.ts';
import { skipToken, type SkipToken } from './view.ts';

/** What is used of TanStack Query 5, so that nothing of it is needed here. */
interface QueryContext<Data> {
  readonly signal: AbortSignal;
  readonly queryKey: JobQueryKey;
  readonly client: { setQueryData(key: JobQueryKey, data: unknown): unknown; getQueryData(key: JobQueryKey): Data | undefined };
}

export type JobQueryKey = readonly ['job-tickets', 'job', string];

export interface JobOptions<Data> {
  readonly queryKey: JobQueryKey;
  readonly queryFn: (context: QueryContext<Data>) => Promise<Data>;
  readonly enabled: boolean;
  readonly staleTime: (query: { readonly state: { readonly data: Data | undefined } }) => number;
  /** The client tries again by itself, and waits for a network. */
  readonly retry: false;
  readonly networkMode: 'always';
}

/**
 * Each change is put into the cache; the query is fetching until the job is final, and then never stale. What the cache has, from
 * the server's drawing for one, is followed from its version on.
 */
export function jobOptionsOf<Data extends Job>(client: JobClient<Data>, jobId: string | SkipToken): JobOptions<Data> {
  return {
    queryKey: ['job-tickets', 'job', jobId === skipToken ? '' : jobId],
    enabled: jobId !== skipToken,
    staleTime: ({ state }) => (state.data !== undefined && isFinal(state.data.status) ? Infinity : 0),
    retry: false,
    networkMode: 'always',
    async queryFn({ signal, queryKey, client: queries }) {
      const cached = queries.getQueryData(queryKey);
      // Who asks for one that had ended wants to know whether it was retried.
      const initial = cached !== undefined && !isFinal(cached.status) ? cached : undefined;
      let last: Data | undefined;
      for await (const job of followJob(client, queryKey[2], { initial, signal })) {
        last = job;
        if (!signal.aborted) queries.setQueryData(queryKey, job);
      }
      if (last === undefined) throw new TypeError('No job came.');
      return last;
    },
  };
}
