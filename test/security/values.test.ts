import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, type ApiSystem } from '../e2e/apiSystem.ts';
import { openSocket } from '../e2e/testSocket.ts';
import { as, openGuarded, post, seenIn, transportNames, transports } from './stage.ts';

let api: ApiSystem;
beforeAll(async () => {
  api = await openGuarded({ works: false });
});
afterAll(() => api[Symbol.asyncDispose]());

const create = 'mutation ($input: CreateJobInput!) { createJob(input: $input) { created job { jobId params idempotencyKey } } }';
const mallory = await as('mallory');

/** As over HTTP and WebSocket, but from a text: JSON can express what JavaScript cannot. */
async function sendText(transport: (typeof transportNames)[number], body: string): Promise<ReturnType<typeof seenIn>> {
  if (transport !== 'WebSocket') {
    const accept = transport === 'SSE' ? { accept: 'text/event-stream' } : {};
    return seenIn(await (await post(api, body, { ...mallory, ...accept })).text());
  }
  const socket = await openSocket(api.url, mallory);
  socket.send(`{"id":"1","type":"subscribe","payload":${body}}`);
  const [message] = await socket.messages(1);
  socket.end();
  const payload = at(message, 'payload');
  return seenIn(JSON.stringify(Array.isArray(payload) ? { errors: payload } : payload));
}

const pathIn = ({ text }: { readonly text: string }): unknown => {
  const answer: unknown = JSON.parse(/\{.*\}/.exec(text)?.[0] ?? '{}');
  return at(answer, 'errors', 0, 'extensions', 'path');
};

describe.each(transportNames)('over %s', (transport) => {
  const variables: readonly (readonly [what: string, query: string, variables: object, path: readonly (string | number)[]])[] = [
    ['a key', create, { input: { type: 'simulate_work', idempotencyKey: '\ud800q1' } }, ['idempotencyKey']],
    ['another key', create, { input: { type: 'simulate_work', idempotencyKey: '\ud801q1' } }, ['idempotencyKey']],
    ['a type', create, { input: { type: 'simulate_work\udfff' } }, ['type']],
    ['params', create, { input: { type: 'simulate_work', params: { payload: ['\ud800'] } } }, ['params', 'payload', 0]],
    [
      'the key of one of several',
      'mutation ($input: CreateJobsInput!) { createJobs(input: $input) { results { created } } }',
      { input: { jobs: [{ type: 'simulate_work' }, { type: 'simulate_work', idempotencyKey: '\udc00' }] } },
      ['jobs', 1, 'idempotencyKey'],
    ],
    ['a ticket', 'query ($jobId: ID!) { job(jobId: $jobId) { jobId } }', { jobId: '\ud800' }, ['jobId']],
    ['a ticket to watch', 'subscription ($jobId: ID!) { jobStatusChanged(jobId: $jobId) { version } }', { jobId: '\ud800' }, ['jobId']],
    [
      'a ticket to cancel',
      'mutation ($input: CancelJobInput!) { cancelJob(input: $input) { job { jobId } } }',
      { input: { jobId: '\ud800' } },
      ['jobId'],
    ],
    ['an owner', 'query ($owner: String) { jobs(owner: $owner) { edges { cursor } } }', { owner: 'mallory\ud800' }, ['owner']],
    [
      'a type to list',
      'query ($filter: JobsFilter) { jobs(filter: $filter) { edges { cursor } } }',
      { filter: { type: ['\ud800'] } },
      ['type', 0],
    ],
    ['a key to look for', 'query ($key: String!) { jobByIdempotencyKey(idempotencyKey: $key) { jobId } }', { key: '\ud800q1' }, ['key']],
    [
      'text among params',
      'mutation ($t: String) { createJob(input: { type: "simulate_work", params: { payload: $t } }) { created } }',
      { t: '\ud800' },
      ['t'],
    ],
  ];
  test.each(variables)('half a surrogate pair in %s is BAD_USER_INPUT with its path', async (_what, query, given, path) => {
    const answer = await transports[transport](api, { query, variables: given }, mallory);
    expect(answer.codes).toEqual(['BAD_USER_INPUT']);
    expect(pathIn(answer)).toEqual(path);
  });

  test('half a surrogate pair in the document is GRAPHQL_PARSE_FAILED', async () => {
    for (const half of ['\ud800', '\\ud800']) {
      const query = `mutation { createJob(input: { type: "simulate_work", idempotencyKey: "${half}q1" }) { created } }`;
      expect((await transports[transport](api, { query }, mallory)).codes).toEqual(['GRAPHQL_PARSE_FAILED']);
    }
  });

  test.each(['12345678901234567890', '-9007199254740993', '9223372036854775808', '123456789012345678e2', '1.2345678901234567890e19'])(
    'the integer %s, which no number carries, is refused with its path, as a variable and as a literal',
    async (number) => {
      const inVariables = `{"query":${JSON.stringify(create)},"variables":{"input":{"type":"simulate_work","params":{"payload":[{"n":${number}}]}}}}`;
      const query = `mutation { createJob(input: { type: "simulate_work", params: { payload: [{ n: ${number} }] } }) { created } }`;
      for (const body of [inVariables, JSON.stringify({ query })]) {
        const answer = await sendText(transport, body);
        expect(answer.codes).toEqual(['BAD_USER_INPUT']);
        expect(pathIn(answer)).toEqual(['params', 'payload', 0, 'n']);
        expect(answer.text).toContain('send it as a string');
      }
    },
  );

  test('numbers that are carried exactly, and approximations, come back as they are', async () => {
    const numbers =
      '[9007199254740991,9007199254740994,1e21,1.7976931348623157e308,0.1,0.30000000000000004,0.10000000000000000555,-0.5e-3,100000000000000000000]';
    const body = `{"query":${JSON.stringify(create)},"variables":{"input":{"type":"simulate_work","params":{"payload":${numbers},"durationMs":1}}}}`;
    const { data, codes } = await sendText(transport, body);
    expect(codes).toEqual([]);
    expect(at(data, 'createJob', 'job', 'params', 'payload')).toEqual(JSON.parse(numbers));
  });

  test('long digits within text are text', async () => {
    const payload = { 'k"12345678901234567890': '\\"12345678901234567890,' };
    const { data } = await transports[transport](
      api,
      { query: create, variables: { input: { type: 'simulate_work', params: { payload } } } },
      mallory,
    );
    expect(at(data, 'createJob', 'job', 'params', 'payload')).toEqual(payload);
  });

  test('a variable that was not sent leaves its key out of params, and is null in a list', async () => {
    const query = `mutation ($d: Int, $constructor: Int, $given: Int, $null: Int, $default: Int = 4) {
      createJob(input: { type: "simulate_work", params: { durationMs: $d, steps: $given, payload: { a: $constructor, b: $null, c: $default, list: [$d, 1] } } }) {
        job { params }
      }
    }`;
    const { data } = await transports[transport](api, { query, variables: { given: 3, null: null } }, mallory);
    expect(at(data, 'createJob', 'job', 'params')).toMatchObject({ steps: 3, payload: { b: null, c: 4, list: [null, 1] } });
    expect(at(data, 'createJob', 'job', 'params', 'payload')).toEqual({ b: null, c: 4, list: [null, 1] });
  });
});

test('bytes that are no UTF-8 are refused, within a text too', async () => {
  const key = Buffer.from([0xff]);
  const body = Buffer.concat([
    Buffer.from(`{"query":${JSON.stringify(create)},"variables":{"input":{"type":"simulate_work","idempotencyKey":"`),
    key,
    Buffer.from('q1"}}}'),
  ]);
  const response = await fetch(`${api.url}/graphql`, { method: 'POST', headers: { ...mallory, 'content-type': 'application/json' }, body });
  expect([response.status, seenIn(await response.text()).codes]).toEqual([400, ['BAD_REQUEST']]);
  const byGet = await fetch(`${api.url}/graphql?query={__typename}&variables=%7B%22a%22:%22%ff%22%7D`, { headers: mallory });
  expect([byGet.status, seenIn(await byGet.text()).codes]).toEqual([400, ['BAD_REQUEST']]);
});

test('three keys that differ in a half surrogate never are one key', async () => {
  const made = await transports.HTTP(
    api,
    { query: create, variables: { input: { type: 'simulate_work', idempotencyKey: '\ufffdq1' } } },
    mallory,
  );
  expect(at(made.data, 'createJob', 'created')).toBe(true);
  for (const key of ['\ud800q1', '\ud801q1']) {
    const { codes } = await transports.HTTP(
      api,
      { query: create, variables: { input: { type: 'simulate_work', idempotencyKey: key } } },
      mallory,
    );
    expect(codes).toEqual(['BAD_USER_INPUT']);
  }
});

test('a token whose subject holds half a surrogate pair names nobody', async () => {
  const { codes } = await transports.HTTP(api, { query: '{ __typename }' }, await as('mallory\ud800'));
  expect(codes).toEqual(['UNAUTHENTICATED']);
});
