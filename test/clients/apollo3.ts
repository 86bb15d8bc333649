/** Apollo Client 3, whose links are written in another way. */
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache, split } from 'apollo-client-3/core/index.js';
import { setContext } from 'apollo-client-3/link/context/index.js';
import { RetryLink } from 'apollo-client-3/link/retry/index.js';
import { GraphQLWsLink } from 'apollo-client-3/link/subscriptions/index.js';
import { bearer, dataOf, documents, type Client, type ClientOptions, type OpenedClient } from './client.ts';
import { survivingClient } from './graphqlWs.ts';

const retrying = (): ApolloLink =>
  new RetryLink({
    delay: { initial: 200, max: 1000 },
    attempts: (_count, operation, error) => Boolean(error) && operation.operationName === 'Watch',
  });

function openApollo({ url, token }: ClientOptions, socketLink?: ApolloLink, close?: () => unknown): OpenedClient {
  const http = ApolloLink.from([setContext(async () => ({ headers: await bearer(token) })), new HttpLink({ uri: url })]);
  const link =
    socketLink === undefined ? retrying().concat(http) : split(({ operationName }) => operationName === 'Watch', socketLink, http);
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  return {
    query: async (variables) => (await client.query<unknown>({ query: gql(documents.job), variables, fetchPolicy: 'network-only' })).data,
    mutate: async (variables) => dataOf(await client.mutate<unknown>({ mutation: gql(documents.create), variables })),
    watch(variables, sink) {
      const subscription = client.subscribe<unknown>({ query: gql(documents.watch), variables }).subscribe({
        next: (result) => sink.next(dataOf(result)),
        error: sink.error,
        complete: sink.complete,
      });
      return () => subscription.unsubscribe();
    },
    close() {
      client.stop();
      return close?.();
    },
  };
}

export const apollo3OverHttp: Client = { name: 'Apollo Client 3', transport: 'HTTP, multipart', open: (options) => openApollo(options) };

export const apollo3OverWebSocket: Client = {
  name: 'Apollo Client 3, graphql-ws',
  transport: 'HTTP, WebSocket',
  open(options) {
    const sockets = survivingClient(options);
    return openApollo(options, new GraphQLWsLink(sockets), () => sockets.dispose());
  },
};
