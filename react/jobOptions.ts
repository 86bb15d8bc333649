/** A job as a query of TanStack Query: `useQuery(jobOptions(jobId))` follows it to its final state. */
import { isFinal, type Job } from 'job-tickets-client';
import { followJob, type JobClient } from './followJob.ts';
import { skipToken, type SkipToken } from './view.ts';

/** The part of TanStack Query 5 that is used, so that it need not be installed here. */
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
 * Each change is put into the cache; the query is fetching until the job is final, and then never stale. A job in the cache,
 * such as one that the server rendered, is followed from its version on.
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
      // A query for a job that had ended is run to find out whether it was retried.
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
