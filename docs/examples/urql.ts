/**
 * A web front end's data layer with urql: mutations over HTTP, subscriptions over WebSocket through graphql-ws. What it
 * exchanges is the same in a browser, where a component would use urql's hooks.
 *   npx node docs/examples/urql.ts [http://127.0.0.1:4000]
 */
import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';

const server = process.argv[2] ?? 'http://127.0.0.1:4000';
// By default it gives up when a connection is refused, as it is while a server starts again.
const sockets = createClient({ url: `${server.replace('http', 'ws')}/graphql`, retryAttempts: Infinity, shouldRetry: () => true });

const client = new Client({
  url: `${server}/graphql`,
  preferGetMethod: false,
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = '', variables }) => ({
        subscribe: (sink) => ({
          unsubscribe: sockets.subscribe(
            { query, variables: variables ?? {} },
            {
              ...sink,
              next: ({ data, errors }) => sink.next({ data: data ?? null, ...(errors === undefined ? {} : { errors: [...errors] }) }),
            },
          ),
        }),
      }),
    }),
  ],
});

interface Changed {
  readonly jobStatusChanged: { readonly version: number; readonly status: string; readonly progress: number | null };
}

const created = await client.mutation<{ createJob: { job: { jobId: string } } }>(
  gql`
    mutation {
      createJob(input: { type: "simulate_work", params: { durationMs: 1000, steps: 5 } }) {
        job {
          jobId
        }
      }
    }
  `,
  {},
);
if (created.data === undefined) throw created.error ?? new Error('no data');
const { jobId } = created.data.createJob.job;

const changes = client.subscription<Changed>(
  gql`
    subscription ($jobId: ID!) {
      jobStatusChanged(jobId: $jobId) {
        version
        status
        progress
      }
    }
  `,
  { jobId },
);
const ended = Promise.withResolvers<void>();
const { unsubscribe } = changes.subscribe(({ data, error }) => {
  if (error !== undefined) return ended.reject(error);
  if (data === undefined) return undefined;
  const { version, status, progress } = data.jobStatusChanged;
  console.log(version, status, progress ?? '');
  return status === 'PENDING' || status === 'PROCESSING' ? undefined : ended.resolve();
});
await ended.promise;
unsubscribe();
await sockets.dispose();
