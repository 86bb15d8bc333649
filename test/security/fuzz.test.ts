import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApiSystem } from '../e2e/apiSystem.ts';
import { as, expectServing, openGuarded, seenIn } from './stage.ts';

/** `SEED=… FUZZ_SECONDS=60 npx vitest run test/security/fuzz` runs one seed again, and for longer. */
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 5);
const told = `SEED=${seed}`;

let api: ApiSystem;
beforeAll(async () => {
  const environment = {
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_SECOND: '0',
    MAX_CONNECTIONS_PER_OWNER: '0',
    SOCKET_INIT_SECONDS: '1',
    HEADERS_TIMEOUT_SECONDS: '1',
  };
  api = await openGuarded({ works: false, environment });
});
afterAll(() => api[Symbol.asyncDispose]());

const caller = await as('mallory');

const documents = [
  '{ jobs(first: 2) { edges { cursor node { jobId params } } } }',
  'query ($jobId: ID!) { job(jobId: $jobId) { jobId status history { at } } }',
  'mutation ($input: CreateJobInput!) { createJob(input: $input) { created job { jobId } } }',
  'mutation { createJobs(input: { jobs: [{ type: "simulate_work", params: { payload: [1, { a: null }] } }] }) { results { created error { code } } } }',
  'subscription ($jobId: ID, $afterVersion: Int) { jobStatusChanged(jobId: $jobId, afterVersion: $afterVersion) { version } }',
  '{ ...F } fragment F on Query { jobTypes { name paramsSchema } }',
];

const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom('\u0000', '\ud800', '__proto__', '{', '"', '\\', '\u2028', '${', '*/'),
);
const oddValue = fc.oneof(fc.jsonValue(), oddText, fc.double(), fc.bigInt().map(String), fc.constant(null));

/** A text with some of its parts cut, doubled, or replaced. */
const mutated = (text: string): fc.Arbitrary<string> =>
  fc.array(fc.tuple(fc.nat(text.length), fc.nat(12), fc.oneof(oddText, fc.constant(''))), { maxLength: 3 }).map((edits) => {
    let result = text;
    for (const [at, length, replacement] of edits) result = result.slice(0, at) + replacement + result.slice(at + length);
    return result;
  });

const operation = fc.record(
  {
    query: fc.constantFrom(...documents).chain((document) => fc.oneof(fc.constant(document), mutated(document))),
    variables: fc.oneof(
      fc.record(
        {
          jobId: oddValue,
          afterVersion: oddValue,
          input: fc.oneof(
            oddValue,
            fc.record({ type: fc.oneof(fc.constant('simulate_work'), oddText), params: oddValue, delaySeconds: oddValue }),
          ),
        },
        { requiredKeys: [] },
      ),
      oddValue,
    ),
    operationName: oddValue,
    extensions: oddValue,
  },
  { requiredKeys: ['query'] },
);

const body = fc.oneof(
  { weight: 6, arbitrary: operation.map((value) => JSON.stringify(value)) },
  { weight: 3, arbitrary: operation.chain((value) => mutated(JSON.stringify(value))) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
);

const headers = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json',
      'application/json',
      'application/json',
      'application/json; charset=utf-8',
      'text/plain',
      'application/graphql',
      'multipart/form-data',
      'application/json; charset=latin1',
      ';',
    ),
    accept: fc.constantFrom('application/json', 'application/graphql-response+json', '*/*', 'text/html', 'image/png', ',;q=', ''),
    'idempotency-key': fc.constantFrom('k', '"k"', '"', 'a, b', '""'),
    traceparent: fc.constantFrom('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-0-0-0', '-'),
    'content-encoding': fc.constantFrom('identity', 'gzip', 'br', 'x'),
    origin: fc.constantFrom('null', 'https://evil.example', ':'),
  },
  { requiredKeys: ['content-type'] },
);

const request = fc.record({
  body,
  headers: fc.oneof({ weight: 3, arbitrary: fc.constant({ 'content-type': 'application/json' }) }, { weight: 1, arbitrary: headers }),
});

test(
  'whatever body is posted, the answer is of GraphQL, with a documented code, and the server goes on',
  { timeout: (seconds + 20) * 1000 },
  async () => {
    const sent = await until(seconds * 1000, async (round) => {
      for (const one of fc.sample(request, { seed: seed + round, numRuns: 25 })) {
        const ended = new AbortController();
        const response = await fetch(`${api.url}/graphql`, {
          method: 'POST',
          headers: { ...caller, ...one.headers },
          body: typeof one.body === 'string' ? one.body : new Uint8Array(one.body),
          signal: ended.signal,
        });
        expect([200, 400, 401, 403, 405, 406, 413, 415, 429], told).toContain(response.status);
        if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
          const text = await response.text();
          expect(seenIn(text || '{}').codes, `${told}: ${JSON.stringify(one)} → ${text}`).not.toContain('INTERNAL_SERVER_ERROR');
        }
        ended.abort();
      }
      return 25;
    });
    expectCalm();
    expect(sent).toBeGreaterThan(50);
  },
);

const protocolMessage = fc.record(
  {
    type: fc.oneof(
      {
        weight: 5,
        arbitrary: fc.constantFrom('subscribe', 'subscribe', 'subscribe', 'complete', 'ping', 'pong', 'connection_init', 'next', 'error'),
      },
      { weight: 1, arbitrary: oddValue },
    ),
    id: fc.oneof(fc.constantFrom('1', '2', '3'), oddValue),
    payload: fc.oneof({ weight: 4, arbitrary: operation }, { weight: 1, arbitrary: oddValue }),
  },
  { requiredKeys: ['type'] },
);
const messageText = fc.oneof(
  { weight: 6, arbitrary: protocolMessage.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: protocolMessage.chain((value) => mutated(JSON.stringify(value))) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);
/** Frames as RFC 6455 draws them, mostly right: opcode and flags, masked, with a length that may lie. */
const frame = fc
  .record({
    first: fc.oneof(
      { weight: 8, arbitrary: fc.constant(0x81) },
      { weight: 1, arbitrary: fc.constantFrom(0x01, 0x00, 0x80, 0x82, 0x88, 0x89, 0x8a) },
      { weight: 1, arbitrary: fc.nat(255) },
    ),
    payload: fc.oneof(
      { weight: 8, arbitrary: messageText.map((text) => Buffer.from(text)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    ),
    lie: fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -5, max: 70_000 }) }),
    isMasked: fc.oneof({ weight: 12, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  })
  .map(({ first, payload, lie, isMasked }) => {
    const length = Math.min(Math.max(0, payload.length + lie), 0xffff);
    const mask = isMasked ? 0x80 : 0;
    const head = length < 126 ? [first, mask | length] : [first, mask | 126, length >> 8, length & 0xff];
    return Buffer.concat([Buffer.from(head), Buffer.alloc(isMasked ? 4 : 0), payload]);
  });
const conversation = fc.record({
  begins: fc.boolean(),
  frames: fc.array(frame, { minLength: 1, maxLength: 12 }),
  cutAt: fc.option(fc.nat(400), { nil: undefined }),
});

const upgrade =
  'GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n';

test(
  'whatever frames are sent, no stack comes back, no other socket notices, and the server goes on',
  { timeout: (seconds + 20) * 1000 },
  async () => {
    const init = Buffer.from(JSON.stringify({ type: 'connection_init', payload: caller }));
    const initFrame = Buffer.concat([Buffer.from([0x81, 0x80 | 126, init.length >> 8, init.length & 0xff]), Buffer.alloc(4), init]);
    const talked = await until(seconds * 1000, async (round) => {
      const conversations = fc.sample(conversation, { seed: seed + round, numRuns: 25 });
      const answers = await Promise.all(
        conversations.map(({ begins, frames, cutAt }) => {
          const bytes = Buffer.concat([...(begins ? [initFrame] : []), ...frames]);
          return talk([Buffer.from(upgrade), cutAt === undefined ? bytes : bytes.subarray(0, initFrame.length + cutAt)]);
        }),
      );
      for (const text of answers) {
        // Nothing, where the server hung up before this side had read.
        expect(text, told).toMatch(/^(HTTP\/1\.1 101|$)/);
        expect(text, told).not.toMatch(/node_modules|\n\s+at |INTERNAL_SERVER_ERROR/);
      }
      return 25;
    });
    expectCalm();
    expect(talked).toBeGreaterThan(50);
  },
);

/** Sends everything, listens for a moment, and leaves. */
function talk(pieces: readonly Buffer[]): Promise<string> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  for (const piece of pieces) socket.write(piece);
  const leave = (ms: number) => setTimeout(() => socket.destroy(), ms);
  socket.once('data', () => leave(200));
  leave(5000).unref();
  return new Promise((resolve) => socket.once('close', () => resolve(text)));
}

/** Runs rounds for so long, checking the server in between. Returns the sum of what they return. */
async function until(ms: number, round: (number: number) => Promise<number>): Promise<number> {
  const endsAt = performance.now() + ms;
  let sum = 0;
  for (let number = 0; performance.now() < endsAt; number += 1) {
    sum += await round(number * 1000);
    await expectServing(api);
  }
  return sum;
}

/** Nothing was masked, nothing broke: an attacker's input is never an error of ours. */
function expectCalm(): void {
  expect(
    api.logged.filter((line) => line.includes('"level":"error"')),
    told,
  ).toEqual([]);
}
