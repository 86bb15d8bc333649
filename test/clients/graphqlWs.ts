/** The package graphql-ws. */
import { createClient, type Client as WsClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { bearer, dataOf, documents, onlyOf, soon, webSocketUrl, type Client, type ClientOptions, type Sink } from './client.ts';

/** Its own default gives up at the first connection that is refused, and after five tries. */
export function survivingClient({ url, token }: ClientOptions): WsClient {
  return createClient({
    url: webSocketUrl(url),
    webSocketImpl: WebSocket,
    connectionParams: () => bearer(token),
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: soon,
  });
}

export const graphqlWs: Client = {
  name: 'graphql-ws',
  transport: 'WebSocket',
  open(options) {
    const client = survivingClient(options);
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
