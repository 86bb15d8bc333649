/** urql: over HTTP and SSE alone, or with graphql-ws for subscriptions. */
import { Client as UrqlClient, fetchExchange, mapExchange, subscriptionExchange, type Exchange } from '@urql/core';
import { retryExchange } from '@urql/exchange-retry';
import { documents, type Client, type ClientOptions, type OpenedClient } from './client.ts';
import { survivingClient } from './graphqlWs.ts';

/** A watch whose stream breaks off is a network error to urql: this begins it again. */
const retrying = retryExchange({
  initialDelayMs: 200,
  maxDelayMs: 1000,
  maxNumberAttempts: Infinity,
  retryIf: (error, { kind }) => error.networkError !== undefined && kind === 'subscription',
});

function openUrql({ url, token }: ClientOptions, exchanges: readonly Exchange[], close?: () => unknown): OpenedClient {
  const withToken = mapExchange({
    async onOperation(operation) {
      const headers = { authorization: `Bearer ${await token()}` };
      return { ...operation, context: { ...operation.context, fetchOptions: { headers } } };
    },
  });
  const client = new UrqlClient({
    url,
    preferGetMethod: false,
    requestPolicy: 'network-only',
    fetchSubscriptions: true,
    exchanges: [retrying, withToken, ...exchanges],
  });
  const answer = async (answering: PromiseLike<{ readonly data?: unknown; readonly error?: Error | undefined }>): Promise<unknown> => {
    const { data, error } = await answering;
    if (error !== undefined) throw error;
    return data;
  };
  return {
    query: (variables) => answer(client.query(documents.job, variables)),
    mutate: (variables) => answer(client.mutation(documents.create, variables)),
    watch(variables, sink) {
      const { unsubscribe } = client.subscription(documents.watch, variables).subscribe(({ data, error, hasNext }) => {
        if (error !== undefined) return sink.error(error);
        // The last result is sent once more, marked as the last one.
        return hasNext ? sink.next(data) : sink.complete();
      });
      return unsubscribe;
    },
    ...(close === undefined ? {} : { close }),
  };
}

export const urqlOverHttp: Client = { name: 'urql', transport: 'HTTP, SSE', open: (options) => openUrql(options, [fetchExchange]) };

export const urqlOverWebSocket: Client = {
  name: 'urql, graphql-ws',
  transport: 'HTTP, WebSocket',
  open(options) {
    const sockets = survivingClient(options);
    const overSockets = subscriptionExchange({
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
    });
    return openUrql(options, [fetchExchange, overSockets].toReversed(), () => sockets.dispose());
  },
};
