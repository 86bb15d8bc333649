import { afterAll, beforeAll, expect, test } from 'vitest';
import { schema } from '../../schema/index.ts';
import { at, type ApiSystem } from '../e2e/apiSystem.ts';
import { openSocket, type TestSocket } from '../e2e/testSocket.ts';
import { chanceOf } from '../faults/chance.ts';
import { randomOperation } from './randomDocuments.ts';
import { as, expectServing, openGuarded, post, type Operation } from './stage.ts';

/** `SEED=… FUZZ_SECONDS=60 npx vitest run test/security/sameAnswer` runs one seed again, and for longer. */
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 8);
const told = `SEED=${seed}`;
const minSuccesses = 30;
/** How long a server's event loop may be blocked, in milliseconds of its processor. */
const maxTurnMs = 100;

let api: ApiSystem;
let caller: { readonly authorization: string };
let jobId: string;
beforeAll(async () => {
  api = await openGuarded({ works: false, environment: { RATE_LIMIT_PER_SECOND: '0', MAX_CONNECTIONS_PER_OWNER: '0' } });
  caller = await as('mallory');
  const { body } = await api.request(
    'mutation { createJob(input: { type: "simulate_work", idempotencyKey: "k" }) { job { jobId } } }',
    {},
    caller,
  );
  jobId = String(at(body, 'data', 'createJob', 'job', 'jobId'));
});
afterAll(() => api[Symbol.asyncDispose]());

/** No job is made: two transports would make two. */
const values = () => ({
  ID: [jobId, jobId, jobId, 'none', '', 7, '\ud800'],
  String: ['nope', 'k', 'mallory', 'mallory', 'alice', '', 'x\ud800', '💥'],
  Int: [0, 1, 2, 50, 100, 101, -1, 2 ** 31],
  Float: [0, 0.5],
  Boolean: [true, false],
  JSON: [{}, { payload: [1, null, 'x'] }, [], 1, 'x', { a: '\udfff' }],
});

/** Waiting times, and what differs from call to call, are not part of the answer. */
const waits = /waitForJob/;
const comparable = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer).replaceAll(/"traceId":"[0-9a-f]{32}"/g, '"traceId":"…"'));

async function overHttp(operation: Operation): Promise<unknown> {
  const response = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json, text/event-stream', ...caller },
    body: JSON.stringify(operation),
  });
  if (response.headers.get('content-type') !== 'text/event-stream') return response.json();
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const data = /^data: (\{.*\})\n\n/m.exec(text)?.[1];
    if (data !== undefined) {
      const answer: unknown = JSON.parse(data);
      return answer;
    }
  }
  throw new Error(`a stream without an event: ${text}`);
}

/** The answer, and how long it blocked the loop: the least of three times, since a garbage collection may fall into any one. */
async function measured(operation: Operation): Promise<{ readonly answer: unknown; readonly keptMs: number }> {
  const before = process.threadCpuUsage();
  const answer = await overHttp(operation);
  let keptMs = sinceMs(before);
  for (let again = 0; again < 2 && keptMs >= maxTurnMs; again += 1) {
    const start = process.threadCpuUsage();
    await overHttp(operation);
    keptMs = Math.min(keptMs, sinceMs(start));
  }
  return { answer, keptMs };
}

function sinceMs(start: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000;
}

test(
  'whatever document a client sends, HTTP and WebSocket answer the same, nothing is our error, and no turn is long',
  { timeout: (seconds + 60) * 1000 },
  async () => {
    const chance = chanceOf(seed);
    const socket = await openSocket(api.url, caller);
    const firstMessage = listenTo(socket);
    const endsAt = performance.now() + seconds * 1000;
    const codes = new Map<string, number>();
    // However slow the machine, operations that succeed are among them.
    for (let id = 1; performance.now() < endsAt || (codes.get('none') ?? 0) < minSuccesses; id += 1) {
      const operation = randomOperation({ schema, chance, values: values() });
      // An operation that changes the job can be done only once. An owner's feed has nothing to send here, and waits are long.
      if (operation.query.startsWith('mutation') && JSON.stringify(operation).includes(jobId)) continue;
      if (waits.test(operation.query) || (/jobStatusChanged/.test(operation.query) && !operation.query.includes('jobId:'))) continue;
      socket.send({ id: String(id), type: 'subscribe', payload: operation });
      const message = await Promise.race([firstMessage(String(id)), silence(operation)]);
      socket.send({ id: String(id), type: 'complete' });
      if (message === undefined) continue;
      const payload = at(message, 'payload');
      const expected = Array.isArray(payload) ? { errors: payload } : payload;
      const { answer, keptMs } = await measured(operation);
      const what = `${told}: ${JSON.stringify(operation)}`;
      expect(comparable(answer), what).toEqual(comparable(expected));
      expect(keptMs, what).toBeLessThan(maxTurnMs);
      const code = at(answer, 'errors', 0, 'extensions', 'code');
      expect(code, what).not.toBe('INTERNAL_SERVER_ERROR');
      const name = typeof code === 'string' ? code : 'none';
      codes.set(name, (codes.get(name) ?? 0) + 1);
    }
    socket.end();
    expect(
      api.logged.filter((line) => line.includes('"level":"error"')),
      told,
    ).toEqual([]);
    // Not only one kind of mistake was made.
    expect(codes.size).toBeGreaterThan(4);
    await expectServing(api);
  },
);

/** The first message of an operation, whatever else comes in between. */
function listenTo(socket: TestSocket): (id: string) => Promise<unknown> {
  const waiting = new Map<unknown, (message: unknown) => void>();
  async function listen(): Promise<void> {
    for (;;) {
      const [message] = await socket.messages(1);
      waiting.get(at(message, 'id'))?.(message);
      waiting.delete(at(message, 'id'));
    }
  }
  listen().catch(() => undefined);
  return (id) => new Promise((resolve) => waiting.set(id, resolve));
}

/** A watch without events sends nothing: so the server answers other requests first. */
async function silence({ query }: Operation): Promise<undefined> {
  if (!query.startsWith('subscription')) return new Promise(() => undefined);
  await post(api, { query: '{ jobTypes { name } }' }, caller);
  await post(api, { query: '{ jobTypes { name } }' }, caller);
  return undefined;
}

const create = 'mutation ($input: CreateJobInput!) { createJob(input: $input) { created } }';
const filled = (item: string): string => Array.from({ length: Math.floor(1_000_000 / (item.length + 1)) }, () => item).join(',');
const asPayload = (payload: string): string =>
  `{"query":${JSON.stringify(create)},"variables":{"input":{"type":"simulate_work","params":{"payload":${payload}}}}}`;

test.each([
  ['500,000 numbers', asPayload(`[${filled('1')}]`)],
  ['50,000 integers that no number carries', asPayload(`[${filled('12345678901234567890')}]`)],
  ['a million digits', asPayload('1'.repeat(1_000_000))],
  ['a million digits after a point', asPayload(`1.${'1'.repeat(1_000_000)}`)],
  ['escapes without end', asPayload(`"${'\\\\'.repeat(480_000)}"`)],
  ['quotes that never close, behind long digits', `${asPayload('1234567890123456')}${'"\\'.repeat(400_000)}`],
  ['50,000 keys', asPayload(`{${Array.from({ length: 50_000 }, (_, index) => `"k${index}":1`).join(',')}}`)],
  ['half surrogates', asPayload(`[${filled('"\\ud800"')}]`)],
  ['200,000 levels', asPayload(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)],
  ['300,000 variables that nobody asked for', `{"query":"{ __typename }","variables":{${filled('"a":1')}}}`],
])('%s in a request of a megabyte hold the loop no longer than others', async (_what, body) => {
  const bytes = new TextEncoder().encode(body);
  const headers = { 'content-type': 'application/json', ...caller };
  const attempt = async (): Promise<number> => {
    const before = process.threadCpuUsage();
    const response = await fetch(`${api.url}/graphql`, { method: 'POST', headers, body: bytes });
    await response.arrayBuffer();
    const keptMs = sinceMs(before);
    expect([200, 400, 413]).toContain(response.status);
    return keptMs;
  };
  // The first time includes compilation.
  const times = [await attempt(), await attempt(), await attempt()];
  expect(Math.min(...times)).toBeLessThan(maxTurnMs);
  expect(api.logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});
