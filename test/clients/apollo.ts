/** Apollo Client 4: over HTTP with multipart subscriptions, or with graphql-ws for them. */
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client/core';
import { SetContextLink } from '@apollo/client/link/context';
import { RetryLink } from '@apollo/client/link/retry';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { bearer, documents, type Client, type ClientOptions, type OpenedClient } from './client.ts';
import { survivingClient } from './graphqlWs.ts';

/** Apollo's own default is five tries, also for what has begun; here it is for ever, for subscriptions alone. */
const retrying = (): ApolloLink =>
  new RetryLink({
    delay: { initial: 200, max: 1000 },
    attempts: (_count, operation, error) => error !== undefined && operation.operationName === 'Watch',
  });

function openApollo({ url, token }: ClientOptions, socketLink?: ApolloLink, close?: () => unknown): OpenedClient {
  const http = ApolloLink.from([new SetContextLink(async () => ({ headers: await bearer(token) })), new HttpLink({ uri: url })]);
  const link =
    socketLink === undefined
      ? retrying().concat(http)
      : ApolloLink.split(({ operationName }) => operationName === 'Watch', socketLink, http);
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  return {
    query: async (variables) => (await client.query({ query: gql(documents.job), variables, fetchPolicy: 'network-only' })).data,
    mutate: async (variables) => (await client.mutate({ mutation: gql(documents.create), variables })).data,
    watch(variables, sink) {
      const subscription = client.subscribe({ query: gql(documents.watch), variables }).subscribe({
        next: ({ data, error }) => (error === undefined ? sink.next(data) : sink.error(error)),
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

export const apolloOverHttp: Client = { name: 'Apollo Client 4', transport: 'HTTP, multipart', open: (options) => openApollo(options) };

export const apolloOverWebSocket: Client = {
  name: 'Apollo Client 4, graphql-ws',
  transport: 'HTTP, WebSocket',
  open(options) {
    const sockets = survivingClient(options);
    return openApollo(options, new GraphQLWsLink(sockets), () => sockets.dispose());
  },
};
