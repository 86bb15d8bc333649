/**
 * What one ordinary token, or none, may cost all other callers: nothing that they notice. One server with default limits and a
 * small heap.
 */
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at } from '../e2e/apiSystem.ts';
import { openSocket, type TestSocket } from '../e2e/testSocket.ts';
import { startGuardedServer, type GuardedServer } from '../support/guard.ts';
import { as, list, post, secret, times, transportNames, transports, type Operation } from './stage.ts';

let server: GuardedServer;
beforeAll(async () => {
  server = await startGuardedServer({ JWT_SECRET: secret });
  // What is compiled and cached at the first use does not count as an attack.
  for (const name of transportNames) await transports[name](server, { query: '{ jobTypes { name } }' }, await as('alice'));
});
afterAll(() => server[Symbol.asyncDispose]());

const createMany = 'mutation ($jobs: [CreateJobInput!]!) { createJobs(input: { jobs: $jobs }) { results { created } } }';
const createOne = 'mutation ($p: JSON) { createJob(input: { type: "simulate_work", params: { payload: $p } }) { created } }';
const named = (count: number): string =>
  `mutation ($p: JSON) { createJob(input: { type: "simulate_work", params: { payload: [${times(count, () => '$p')}] } }) { created } }`;
const listed = 'query ($x: [JobStatus!]) { jobs(filter: { status: $x }) { edges { cursor } } }';

describe.each<readonly [what: string, operation: Operation]>([
  ['200,000 values of the wrong type', { query: listed, variables: { x: list(200_000, 1) } }],
  ['90,000 values of the right type', { query: listed, variables: { x: list(90_000, 'PENDING') } }],
  ['a batch of 200,000 empty objects', { query: createMany, variables: { jobs: list(200_000, {}) } }],
  ['a batch of 30,000 jobs', { query: createMany, variables: { jobs: list(30_000, { type: 'simulate_work' }) } }],
  ['an array of 300,000 numbers, named 60 times', { query: named(60), variables: { p: list(300_000, 1) } }],
  ['an array of 49,000 numbers, named once', { query: createOne, variables: { p: list(49_000, 1) } }],
  ['49,000 objects', { query: createOne, variables: { p: list(49_000, {}) } }],
  ['a string of 900,000 characters, named 900 times', { query: named(900), variables: { p: 'x'.repeat(900_000) } }],
  ['200,000 numbers beyond 2^53', { query: createOne, variables: { p: list(150_000, 1e22) } }],
  [
    '60,000 keys that do not belong',
    {
      query: 'query ($f: JobsFilter) { jobs(filter: $f) { edges { cursor } } }',
      variables: { f: Object.fromEntries(list(60_000, 0).map((_, index) => [`k${index}`, 1])) },
    },
  ],
  ['a value nested 3,000 deep', { query: createOne, variables: { p: list(3000, 0).reduce<unknown>((inner) => [inner], 1) } }],
  ['an id of 900,000 characters', { query: 'query ($id: ID!) { job(jobId: $id) { jobId } }', variables: { id: 'i'.repeat(900_000) } }],
])('variables: %s', (_what, operation) => {
  test.each(transportNames)('hold nobody up, over %s', async (transport) => {
    await server.withstands(async () => {
      const { codes } = await transports[transport](server, operation, await as('mallory'));
      expect(codes).not.toContain('INTERNAL_SERVER_ERROR');
    });
  });
});

test('the largest allowed workflow does not delay other clients, from when it is handed in until it has ended', async () => {
  // A hundred jobs wait for a hundred others each.
  const jobs = Array.from({ length: 1000 }, (_, index) => ({
    name: `job${index}`,
    type: 'simulate_work',
    params: { durationMs: 0 },
    dependsOn: index < 900 ? [] : Array.from({ length: 100 }, (_other, other) => `job${(index * 7 + other) % 900}`),
  }));
  const create = 'mutation ($jobs: [WorkflowJobInput!]!) { createWorkflow(input: { name: "x", jobs: $jobs }) { workflow { workflowId } } }';
  const caller = await as('weaver');
  await server.withstands(async () => {
    const { data } = await transports.HTTP(server, { query: create, variables: { jobs } }, caller);
    const variables = { id: at(data, 'createWorkflow', 'workflow', 'workflowId') };
    const read = { query: 'query ($id: ID!) { workflow(workflowId: $id) { status } }', variables };
    const shown = async (): Promise<unknown> => (await transports.HTTP(server, read, caller)).data;
    await expect.poll(shown, { timeout: 30_000, interval: 100 }).toEqual({ workflow: { status: 'SUCCEEDED' } });
  });
});

/** Within all limits for documents, and each expensive to validate; `salt` makes it one that was never seen. */
const documents: Readonly<Record<string, (salt: number) => string>> = {
  'one field 249 times': (salt) => `query Q${salt} { ${times(249, () => 'jobTypes { name }')} }`,
  'one path 83 times': (salt) => `query Q${salt} { ${times(83, () => 'jobs { edges { node { history { error { code } } } } }')} }`,
  'a chain of 150 fragments': (salt) =>
    `query Q${salt} { ...F0 } ${times(150, (index) => `fragment F${index} on Query { jobTypes { name } ${index < 149 ? `...F${index + 1}` : ''} }`)}`,
  '249 inline fragments': (salt) => `query Q${salt} { ${times(249, () => '... { jobTypes { name } }')} }`,
  '1,900 values of no enum': (salt) => `query Q${salt} { jobs(filter: { status: [${times(1900, () => 'PENDIN')}] }) { edges { cursor } } }`,
};

describe.each(Object.entries(documents))('documents: %s', (what, document) => {
  test.each(transportNames)('30 of them hold nobody up, over %s', async (transport) => {
    const caller = await as(`mallory ${what}`);
    await server.withstands(async () => {
      await Promise.all(list(30, 0).map((_, salt) => transports[transport](server, { query: document(salt) }, caller)));
    });
  });
});

describe('strangers', () => {
  const nobody = { authorization: '' };
  const dear = { query: documents['one path 83 times']?.(0) ?? '', variables: { x: list(100_000, 1) } };

  test.each(['HTTP', 'SSE'] as const)('pay for the parse of their headers alone, whatever they send, over %s', async (transport) => {
    const ask = (operation: Operation) => async (): Promise<void> => {
      for (let count = 0; count < 100; count += 1) {
        const accept = transport === 'SSE' ? 'text/event-stream' : 'application/json';
        // The server may hang up before all of it is sent.
        await post(server, operation, { ...nobody, accept }).then(
          (response) => response.text(),
          () => undefined,
        );
      }
    };
    await ask({ query: '{ __typename }' })();
    const { cpuMs: least } = await server.withstands(ask({ query: '{ __typename }' }));
    const { cpuMs } = await server.withstands(ask(dear));
    expect(cpuMs).toBeLessThan(3 * least + 50);
  });

  test('are ended before a message of theirs is parsed, over WebSocket', async () => {
    const { cpuMs } = await server.withstands(async () => {
      for (let count = 0; count < 100; count += 1)
        expect(await sayFirst(JSON.stringify({ type: 'connection_init', payload: dear }))).toBe(1006);
    });
    expect(cpuMs).toBeLessThan(1000);
  });

  /** The first message of a socket, and the code it is closed with. */
  function sayFirst(text: string): Promise<number> {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.addEventListener('open', () => socket.send(text));
    return new Promise((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
  }
});

const watch = 'subscription { jobStatusChanged { version } }';

describe('a flood on one WebSocket', () => {
  test.each<readonly [what: string, count: number, message: (id: string) => object]>([
    ['10,000 watches', 10_000, (id) => ({ id, type: 'subscribe', payload: { query: watch } })],
    ['10,000 queries', 10_000, (id) => ({ id, type: 'subscribe', payload: { query: '{ jobTypes { name } }' } })],
    ['20,000 pings', 20_000, () => ({ type: 'ping' })],
    [
      '30 messages of 1 MB',
      30,
      (id) => ({ id, type: 'subscribe', payload: { query: '{ __typename }', variables: { p: list(300_000, 1) } } }),
    ],
  ])('%s hold nobody up', async (what, count, message) => {
    const socket = await openSocket(server.url, await as(`flo ${what}`));
    await server.withstands(async () => {
      for (let id = 0; id < count; id += 1) socket.send(message(String(id)));
      socket.send({ type: 'ping', payload: { last: true } });
      while (at((await socket.messages(1))[0], 'payload', 'last') !== true);
    });
    socket.end();
  });
});
const filler = 'x'.repeat(900_000);

describe('600 subscriptions', () => {
  const subscriptions: Readonly<Record<string, (index: number) => Operation>> = {
    'with 900 KB of variables that they do not use': () => ({ query: watch, variables: { filler } }),
    'with a comment of 60 KB each': (index) => ({ query: `#${'c'.repeat(60_000)}${index}\n${watch}` }),
    'of a document each, as large as they may be': (index) => ({
      query: `subscription S${index} { jobStatusChanged { ${times(240, () => 'version status')} } }`,
    }),
  };

  test.each(Object.entries(subscriptions))('%s keep little, over WebSocket', async (what, operation) => {
    const caller = await as(`sybil ${what}`);
    const sockets: TestSocket[] = [];
    await server.withstands(async () => {
      for (let count = 0; count < 7; count += 1) {
        const socket = await openSocket(server.url, caller);
        sockets.push(socket);
        for (let id = 0; id < 99; id += 1) socket.send({ id: String(id), type: 'subscribe', payload: operation(count * 100 + id) });
        // A document that is new waits its turn: all that was sent has been looked at once this is answered.
        socket.send({ id: 'x', type: 'subscribe', payload: { query: `query X${count}${what.length} { __typename }` } });
        while (at((await socket.messages(1))[0], 'id') !== 'x');
      }
    });
    for (const socket of sockets) socket.end();
  });

  test.each(Object.entries(subscriptions))('%s keep little, over SSE', async (what, operation) => {
    const caller = { ...(await as(`sally ${what}`)), accept: 'text/event-stream' };
    const leaving = new AbortController();
    await server.withstands(
      async () => {
        for (let count = 0; count < 60; count += 1) {
          await Promise.all(
            list(10, 0).map(async (_, index) => {
              const response = await fetch(`${server.url}/graphql`, {
                method: 'POST',
                headers: { 'content-type': 'application/json', ...caller },
                body: JSON.stringify(operation(count * 10 + index)),
                signal: leaving.signal,
              });
              expect([200, 429]).toContain(response.status);
            }),
          );
        }
      },
      // What Node keeps of a connection.
      { carriedBytes: 600 * 32 * 1024 },
    );
    leaving.abort();
  });

  test('of messages that never end keep little', async () => {
    const caller = await as('fred');
    const sockets: Socket[] = [];
    await server.withstands(async () => {
      for (let count = 0; count < 200; count += 1) {
        const { wire } = await openSocket(server.url, caller);
        // A text frame of 1,000,000 bytes, masked with zeros, all but its last byte.
        const head = Buffer.from([0x01, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 0]);
        wire.write(Buffer.concat([head, Buffer.alloc(999_999, 0x20)]));
        sockets.push(wire);
      }
    });
    for (const socket of sockets) socket.destroy();
  });

  test('with an id of 900 KB are closed with 4400', async () => {
    const caller = await as('ida');
    await server.withstands(async () => {
      for (let count = 0; count < 20; count += 1) {
        const socket = await openSocket(server.url, caller);
        socket.send({ id: `${filler}${count}`, type: 'subscribe', payload: { query: watch } });
        expect(await socket.closed).toBe(4400);
      }
    });
  });
});

describe('large answers', () => {
  const params = { payload: 'x'.repeat(250_000) };
  const large = (count: number, first: number): Operation => ({
    query: `{ jobs(first: ${first}) { edges { node { ${times(count, (index) => `a${index}: params`)} } } } }`,
  });
  beforeAll(async () => {
    const jobs = list(4, { type: 'simulate_work', params, delaySeconds: 900 });
    for (let count = 0; count < 25; count += 1) {
      const { codes } = await transports.HTTP(server, { query: createMany, variables: { jobs } }, await as('greta'));
      if (codes.length > 0) throw new Error(`not created: ${String(codes)}`);
    }
  });

  test.each(transportNames)('of 191 MiB are RESPONSE_TOO_LARGE before they are read, over %s', async (transport) => {
    await server.withstands(async () => {
      const { codes, data } = await transports[transport](server, large(8, 100), await as('greta'));
      expect([codes, data ?? null]).toEqual([['RESPONSE_TOO_LARGE'], null]);
    });
  });

  test.each(transportNames)('that fit come whole, over %s', async (transport) => {
    await server.withstands(async () => {
      const { codes, text } = await transports[transport](server, large(1, 30), await as('greta'));
      expect([codes, text.length > 7_500_000]).toEqual([[], true]);
    });
  });

  test.each(transportNames)('of half a million small values hold nobody up, over %s', async (transport) => {
    const caller = await as(`sam ${transport}`);
    for (let count = 0; count < 12; count += 1) {
      const job = { type: 'simulate_work', params: { payload: list(40_000, {}) }, delaySeconds: 900 };
      expect((await transports.HTTP(server, { query: createMany, variables: { jobs: [job] } }, caller)).codes).toEqual([]);
    }
    await server.withstands(async () => {
      const { codes, text } = await transports[transport](server, large(1, 12), caller);
      expect([codes, text.length > 1_400_000]).toEqual([[], true]);
    });
  });

  test('that nobody reads are not made without end', async () => {
    const { authorization } = await as('greta');
    const sockets: Socket[] = [];
    await server.withstands(async () => {
      const body = JSON.stringify(large(1, 30));
      for (let count = 0; count < 30; count += 1) {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1').pause();
        socket.on('error', () => undefined);
        socket.write(
          `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        );
        sockets.push(socket);
      }
      await expect
        .poll(async () => (await transports.HTTP(server, large(1, 30), await as('greta'))).codes, { timeout: 30_000 })
        .toContain('RATE_LIMITED');
    });
    for (const socket of sockets) socket.destroy();
  });

  test('that nobody reads of one socket are not made without end', async () => {
    const socket = await openSocket(server.url, await as('greta'));
    socket.pause();
    await server.withstands(async () => {
      for (let id = 0; id < 30; id += 1) socket.send({ id: String(id), type: 'subscribe', payload: large(1, 30) });
      await expect
        .poll(async () => (await transports.HTTP(server, large(1, 30), await as('greta'))).codes, { timeout: 30_000 })
        .toContain('RATE_LIMITED');
    });
    socket.end();
  });
});
