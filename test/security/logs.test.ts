import { expect, test } from 'vitest';
import { createLog } from '../../telemetry/log.ts';
import { at, type ApiSystem } from '../e2e/apiSystem.ts';
import { openSocket } from '../e2e/testSocket.ts';
import { as, openGuarded, post, transportNames, transports } from './stage.ts';

const create = 'mutation ($input: CreateJobInput!) { createJob(input: $input) { job { jobId } } }';

/** Texts that must not appear anywhere, by where a client may put them. */
const secrets = {
  params: 'SECRET-OF-PARAMS',
  literal: 'SECRET-OF-A-LITERAL',
  key: 'SECRET-OF-A-KEY',
  source: 'SECRET-OF-A-SOURCE',
  variable: 'SECRET-OF-A-VARIABLE',
} as const;

async function run(api: ApiSystem, input: object, caller: { readonly authorization: string }): Promise<void> {
  const made = await api.request(create, { input }, caller);
  const jobId = at(made.body, 'data', 'createJob', 'job', 'jobId');
  if (jobId !== undefined)
    await api.request('query ($jobId: ID!) { waitForJob(jobId: $jobId, timeoutSeconds: 20) { status result } }', { jobId }, caller);
}

test(
  'a run of everything, that succeeds and that fails, leaves no params, results, sources, keys or tokens in the log',
  { timeout: 60_000 },
  async () => {
    const environment = {
      LOG_LEVEL: 'trace',
      BACKOFF_BASE_MS: '1',
      BACKOFF_MAX_MS: '5',
      ATTEMPTS_PER_RECEIVE: '2',
      VISIBILITY_TIMEOUT_SECONDS: '2',
    };
    await using api = await openGuarded({ environment, works: true });
    const caller = await as('alice');
    const payload = { deep: [secrets.params] };
    await run(api, { type: 'simulate_work', params: { payload, steps: 3, durationMs: 50 }, idempotencyKey: secrets.key }, caller);
    await run(api, { type: 'simulate_work', params: { payload, failAttempts: 1 } }, caller);
    await run(api, { type: 'simulate_work', params: { payload, failPermanently: true } }, caller);
    await run(api, { type: 'simulate_work', params: { payload: 'x'.repeat(110_000) + secrets.params } }, caller);
    await run(api, { type: 'simulate_work', params: { payload, durationMs: secrets.params } }, caller);
    await run(api, { type: 'process_document', params: { source: `s3://job-tickets/${secrets.source}.txt` } }, caller);
    await run(api, { type: 'process_document', params: { source: `s3://elsewhere/${secrets.source}.txt` } }, caller);
    for (const transport of transportNames) {
      const run = (query: string, variables = {}): Promise<unknown> => transports[transport](api, { query, variables }, caller);
      await run(`mutation { createJob(input: { type: "simulate_work", params: { payload: "${secrets.literal}" } }) { created } }`);
      await run(`{ job(jobId: "${secrets.literal}") { nope } }`);
      await run('query ($n: Int) { jobs(first: $n) { edges { cursor } } }', { n: secrets.variable });
      await run(`query { jobByIdempotencyKey(idempotencyKey: "${secrets.key}") { params } }`);
    }
    // Failures on the server's side while a client's text is in use.
    await post(api, `{"query":"${secrets.literal}`, caller);
    await post(api, { query: '{ __typename }' }, { authorization: `Bearer ${secrets.params}` });
    await post(api, { query: '{ __typename }' }, { ...caller, 'idempotency-key': `"${secrets.key}` });
    await fetch(`${api.url}/graphql?query={__typename}&token=${secrets.params}`, { headers: caller });
    const socket = await openSocket(api.url, { ...caller, password: secrets.params });
    socket.send(`{"id":"1","type":"subscribe","payload":"${secrets.literal}"}`);
    await socket.closed;

    const log = api.logged.join('');
    expect(api.logged.length).toBeGreaterThan(5);
    for (const secret of Object.values(secrets))
      expect(
        log.includes(secret),
        `${secret} is in:\n${api.logged
          .filter((line) => line.includes(secret))
          .join('')
          .slice(0, 4000)}`,
      ).toBe(false);
    for (const part of caller.authorization.slice('Bearer '.length).split('.')) expect(log).not.toContain(part);
  },
);

test('an error that breaks on our side is logged with its stack, its cause and its code, and nothing else it carries', () => {
  const lines: string[] = [];
  const log = createLog({ level: 'trace', part: 'test' }, { write: (line) => void lines.push(line) });
  const cause = Object.assign(new Error('the condition failed'), { code: 'E_CONDITION', Item: { params: secrets.params } });
  log.error({ error: Object.assign(new Error('the write failed', { cause }), { request: secrets.literal }) }, 'failed');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    error: {
      type: 'Error',
      message: 'the write failed',
      stack: expect.stringContaining('logs.test.ts') as unknown,
      cause: { message: 'the condition failed', code: 'E_CONDITION' },
    },
  });
  expect(lines[0]).not.toMatch(/SECRET/);
});

test('newlines and colours in what a client says stay within their line', async () => {
  const lines: string[] = [];
  const log = createLog({ level: 'trace', part: 'test' }, { write: (line) => void lines.push(line) });
  log.warn({ jobId: 'x\n{"level":"fatal"}\u001b[31m' }, 'a\nb\u001b[0m');
  expect(lines.join('').trimEnd().split('\n')).toHaveLength(1);
  expect(lines.join('')).not.toContain('\u001b');
});
