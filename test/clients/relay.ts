/** Relay's runtime, with what its compiler would make of the three documents; its network is fetch and graphql-ws. */
import {
  commitMutation,
  Environment,
  fetchQuery,
  Network,
  Observable,
  RecordSource,
  requestSubscription,
  Store,
  type ConcreteRequest,
  type GraphQLResponse,
  type RequestParameters,
  type Variables,
} from 'relay-runtime';
import { z } from 'zod';
import { bearer, dataOf, documents, parseAnswer, type Client } from './client.ts';
import { survivingClient } from './graphqlWs.ts';

interface Scalar {
  readonly alias: null;
  readonly args: null;
  readonly kind: 'ScalarField';
  readonly name: string;
  readonly storageKey: null;
}

interface Linked {
  readonly alias: null;
  readonly args: readonly { readonly kind: 'Variable'; readonly name: string; readonly variableName: string }[] | null;
  readonly concreteType: string;
  readonly kind: 'LinkedField';
  readonly name: string;
  readonly plural: false;
  readonly selections: readonly (Scalar | Linked)[];
  readonly storageKey: null;
}

const scalar = (name: string): Scalar => ({ alias: null, args: null, kind: 'ScalarField', name, storageKey: null });

function linked(name: string, concreteType: string, variable: string | undefined, selections: Linked['selections']): Linked {
  const args = variable === undefined ? null : [{ kind: 'Variable', name: variable, variableName: variable } as const];
  return { alias: null, args, concreteType, kind: 'LinkedField', name, plural: false, selections, storageKey: null };
}

function compiled(
  operationKind: RequestParameters['operationKind'],
  name: string,
  text: string,
  variable: string,
  selections: readonly Linked[],
): ConcreteRequest {
  const argumentDefinitions = [{ defaultValue: null, kind: 'LocalArgument', name: variable }] as const;
  const type = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' }[operationKind];
  return {
    kind: 'Request',
    fragment: { kind: 'Fragment', name, type, argumentDefinitions, selections, metadata: null, abstractKey: null },
    operation: { kind: 'Operation', name, argumentDefinitions, selections },
    params: { id: null, cacheID: name, metadata: {}, name, operationKind, text },
  };
}

const job = [scalar('jobId'), scalar('status')];
const query = compiled('query', 'Job', documents.job, 'jobId', [linked('job', 'Job', 'jobId', job)]);
const mutation = compiled('mutation', 'Create', documents.create, 'input', [
  linked('createJob', 'CreateJobPayload', 'input', [linked('job', 'Job', undefined, job)]),
]);
const subscription = compiled('subscription', 'Watch', documents.watch, 'jobId', [
  linked('jobStatusChanged', 'JobStatusEvent', 'jobId', [scalar('version'), scalar('status')]),
]);

export const relay: Client = {
  name: 'Relay, graphql-ws',
  transport: 'HTTP, WebSocket',
  open(options) {
    const sockets = survivingClient(options);
    async function ask({ text }: RequestParameters, variables: Variables): Promise<GraphQLResponse> {
      const headers = { 'content-type': 'application/json', ...(await bearer(options.token)) };
      const response = await fetch(options.url, { method: 'POST', headers, body: JSON.stringify({ query: text, variables }) });
      return responseOf(parseAnswer(await response.text()));
    }
    const subscribe = ({ text }: RequestParameters, variables: Variables) =>
      Observable.create<GraphQLResponse>((sink) =>
        sockets.subscribe(
          { query: text ?? '', variables },
          {
            ...sink,
            next: (result) => sink.next(responseOf(result)),
            error: (error) => sink.error(error instanceof Error ? error : new Error(JSON.stringify(error))),
          },
        ),
      );
    const environment = new Environment({ network: Network.create(ask, subscribe), store: new Store(new RecordSource()) });
    return {
      query: (variables) => fetchQuery(environment, query, variables).toPromise(),
      mutate: (variables) =>
        new Promise((resolve, reject) => {
          commitMutation(environment, {
            mutation,
            variables,
            onCompleted: (data, errors) =>
              errors === null || errors === undefined ? resolve(data) : reject(new Error(JSON.stringify(errors))),
            onError: reject,
          });
        }),
      watch: (variables, sink) =>
        requestSubscription(environment, {
          subscription,
          variables,
          onNext: sink.next,
          onError: sink.error,
          onCompleted: sink.complete,
        }).dispose,
      close: () => sockets.dispose(),
    };
  },
};

function responseOf(answer: Parameters<typeof dataOf>[0]): GraphQLResponse {
  return { data: z.record(z.string(), z.unknown()).parse(dataOf(answer)) };
}
