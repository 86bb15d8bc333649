/** The package graphql-sse, with a connection for each operation. */
import { createClient } from 'graphql-sse';
import { bearer, dataOf, documents, onlyOf, soon, type Client, type Sink } from './client.ts';

export const graphqlSse: Client = {
  name: 'graphql-sse',
  transport: 'SSE',
  open({ url, token }) {
    const client = createClient({ url, headers: () => bearer(token), retryAttempts: Infinity, retry: soon });
    const run = (query: string, variables: Record<string, unknown>, sink: Sink): (() => void) =>
      client.subscribe({ query, variables }, { next: (result) => sink.next(dataOf(result)), error: sink.error, complete: sink.complete });
    return {
      query: (variables) => onlyOf((sink) => run(documents.job, variables, sink)),
      mutate: (variables) => onlyOf((sink) => run(documents.create, variables, sink)),
      watch: (variables, sink) => run(documents.watch, variables, sink),
      close: () => client.dispose(),
    };
  },
};
