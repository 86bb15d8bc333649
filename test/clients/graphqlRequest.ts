/** The package graphql-request: one answer per request. */
import { GraphQLClient } from 'graphql-request';
import { bearer, documents, type Client } from './client.ts';

export const graphqlRequest: Client = {
  name: 'graphql-request',
  transport: 'HTTP',
  open({ url, token }) {
    const client = new GraphQLClient(url);
    return {
      query: async (variables) => client.request<unknown>(documents.job, variables, await bearer(token)),
      mutate: async (variables) => client.request<unknown>(documents.create, variables, await bearer(token)),
    };
  },
};
