/** The usual way: graphql-yoga's own pub/sub, fed from Redis, behind graphql-ws' `useServer`. */
import { once, setMaxListeners } from 'node:events';
import { createServer } from 'node:http';
import { parse, validate } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub, createSchema, createYoga, type PubSubEventTarget } from 'graphql-yoga';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { serveCommands } from '../support/child.ts';
import { urlOf } from '../support/urlOf.ts';

const typeDefs = /* GraphQL */ `
  type Failure {
    code: String!
    message: String!
    attempt: Int!
    at: Float!
  }
  type JobStatusEvent {
    jobId: ID!
    version: Int!
    status: String!
    previousStatus: String
    attempt: Int!
    at: String!
    error: Failure
    progress: Float
    recovered: Boolean
  }
  type Query {
    ok: Boolean
  }
  type Subscription {
    jobStatusChanged(jobId: ID!): JobStatusEvent!
  }
`;

const event = z.object({ jobId: z.string(), at: z.number() }).loose();
type Event = z.infer<typeof event>;

type Published = { job: [id: string, event: Event] };

/** A thousand watch one job, and Node takes more than ten listeners for a leak. */
const eventTarget: PubSubEventTarget<Published> = new EventTarget();
setMaxListeners(0, eventTarget);
const pubSub = createPubSub<Published>({ eventTarget });
const subscriber = new Redis(process.env['REDIS_URL'] ?? '');
const channels = new Set<string>();

const schema = createSchema({
  typeDefs,
  resolvers: {
    JobStatusEvent: { at: ({ at }: Event) => new Date(at).toISOString() },
    Subscription: {
      jobStatusChanged: {
        async subscribe(_root: unknown, { jobId }: { readonly jobId: string }) {
          if (!channels.has(jobId)) {
            channels.add(jobId);
            await subscriber.ssubscribe(`job:{${jobId}}`);
          }
          return pubSub.subscribe('job', jobId);
        },
        resolve: (payload: Event) => payload,
      },
    },
  },
});

subscriber.on('smessage', (_channel: string, text: string) => {
  const received: Event = event.parse(JSON.parse(text));
  pubSub.publish('job', received.jobId, received);
});

const yoga = createYoga({ schema, logging: false });
const server = createServer((request, response) => void yoga(request, response));
const { contextFactory, execute, subscribe } = yoga.getEnveloped();
useServer(
  {
    execute,
    subscribe,
    async onSubscribe(_context, _id, { query, operationName, variables }) {
      const document = parse(query);
      const errors = validate(schema, document);
      if (errors.length > 0) return errors;
      return { schema, document, operationName, variableValues: variables, contextValue: await contextFactory() };
    },
  },
  new WebSocketServer({ server, path: '/graphql' }),
);

server.listen(0, '127.0.0.1');
await once(server, 'listening');
serveCommands({ url: () => urlOf(server) });
