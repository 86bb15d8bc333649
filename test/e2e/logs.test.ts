/** What handlers log, from the handler to the client: lists, live, resumed, and what it costs jobs that log nothing. */
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineHandler } from '../../core/handler.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { readNotes } from '../../core/usecases/attemptNotes.ts';
import { workerKind } from '../../core/usecases/heartbeats.ts';
import { simulateWork } from '../../jobs/simulateWork/type.ts';
import { createLog } from '../../telemetry/log.ts';
import { at } from './apiSystem.ts';
import { openSocket } from './testSocket.ts';
import { engines } from '../support/engines.ts';
import { startSystem, type System } from '../support/startSystem.ts';

const query = `query ($jobId: ID!, $first: Int, $after: String) { job(jobId: $jobId) {
  status
  logs(first: $first, after: $after) { edges { cursor node { sequence attempt level message fields skipped at } } pageInfo { hasNextPage endCursor } }
  attemptRuns(first: 5) { edges { node { generation number worker startedAt finishedAt outcome error { code message stack } logs(first: 5) { edges { node { message } } } } } }
} }`;

const page = z.object({
  edges: z.array(z.object({ cursor: z.string(), node: z.looseObject({ sequence: z.number(), message: z.string(), attempt: z.number() }) })),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
});
const attempt = z.looseObject({
  number: z.number(),
  outcome: z.string().nullable(),
  logs: z.object({ edges: z.array(z.object({ node: z.object({ message: z.string() }) })) }),
});
const answer = z.object({
  data: z.object({
    job: z.object({ status: z.string(), logs: page, attemptRuns: z.object({ edges: z.array(z.object({ node: attempt })) }) }),
  }),
});

async function ask({ url }: Pick<System, 'url'>, variables: object) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return answer.parse(await response.json()).data.job;
}

async function create({ core }: Pick<System, 'core'>): Promise<string> {
  const request = { type: simulateWork.name, params: {}, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace' } as const;
  return (await createJob(core, { owner: 'anonymous', ...request })).job.jobId;
}

const done = { attempts: 1, sleptMs: 0 };

describe.each(engines)('a job’s log, on %s', (engine) => {
  test('is in the lists, by attempt, with the failures’ stacks, and in the process’s log', async () => {
    const lines: string[] = [];
    const handler = defineHandler(simulateWork, (_params, { log, attempt: number }) => {
      log.info('began', { number });
      log.warn('odd', { big: 1n });
      if (number === 1) return Promise.reject(new Error('no luck'));
      log.error('went on', { text: 'x'.repeat(5000) });
      return Promise.resolve(done);
    });
    await using system = await startSystem({
      engine,
      handlers: [handler],
      log: createLog({ level: 'info', part: 'test' }, { write: (line) => lines.push(line) }),
    });
    const jobId = await create(system);
    await expect.poll(async () => (await ask(system, { jobId })).status, { timeout: 10_000 }).toBe('SUCCEEDED');
    const { logs, attemptRuns } = await ask(system, { jobId });
    expect(logs.edges.map(({ node }) => node)).toMatchObject([
      { attempt: 1, level: 'INFO', message: 'began', fields: { number: 1 }, skipped: 0 },
      { attempt: 1, level: 'WARN', message: 'odd', fields: { omitted: 'not JSON' }, skipped: 0 },
      { attempt: 2, level: 'INFO', message: 'began', fields: { number: 2 }, skipped: 0 },
      { attempt: 2, level: 'WARN', message: 'odd', fields: { omitted: 'not JSON' }, skipped: 0 },
      { attempt: 2, level: 'ERROR', message: 'went on', fields: { omitted: '5011 bytes' }, skipped: 0 },
    ]);
    expect(attemptRuns.edges.map(({ node }) => node)).toMatchObject([
      {
        generation: 1,
        number: 1,
        outcome: 'FAILED',
        error: { code: 'ATTEMPT_FAILED', message: 'no luck' },
      },
      { generation: 1, number: 2, outcome: 'SUCCEEDED', error: null },
    ]);
    expect(at(attemptRuns.edges[0]?.node, 'error', 'stack')).toContain('logs.test.ts');
    expect(at(attemptRuns.edges[0]?.node, 'worker')).toContain(hostname());
    expect(attemptRuns.edges.map(({ node }) => node.logs.edges.length)).toEqual([2, 3]);
    expect(lines.map((line): unknown => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ jobId, attempt: 1, level: 'info', msg: 'began', fields: { number: 1 } }),
    );

    const first = await ask(system, { jobId, first: 2 });
    expect(first.logs.pageInfo.hasNextPage).toBe(true);
    const rest = await ask(system, { jobId, after: first.logs.pageInfo.endCursor });
    expect([...first.logs.edges, ...rest.logs.edges]).toEqual(logs.edges);
    expect(rest.logs.pageInfo.hasNextPage).toBe(false);
  });

  test('is sent live while the handler runs, and to a client that reconnects after what it has seen, over WebSocket and SSE', async () => {
    const steps = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
    const handler = defineHandler(simulateWork, async (_params, { log }) => {
      for (const [index, { promise }] of steps.entries()) {
        log.info(`step ${index}`);
        await promise;
      }
      return done;
    });
    await using system = await startSystem({ engine, handlers: [handler] });
    const jobId = await create(system);
    const socket = await openSocket(system.url);
    const subscription =
      'subscription ($jobId: ID!, $afterSequence: Int) { jobLogAdded(jobId: $jobId, afterSequence: $afterSequence) { sequence message } }';
    socket.send({ id: '1', type: 'subscribe', payload: { query: subscription, variables: { jobId } } });
    const lineOf = (message: unknown) => at(message, 'payload', 'data', 'jobLogAdded');
    const seen: unknown[] = [];
    for (const { resolve } of steps) {
      seen.push(lineOf((await socket.messages(1))[0]));
      resolve();
    }
    expect(seen.map((line) => at(line, 'message'))).toEqual(['step 0', 'step 1', 'step 2']);
    socket.send({
      id: '2',
      type: 'subscribe',
      payload: { query: subscription, variables: { jobId, afterSequence: at(seen[0], 'sequence') } },
    });
    expect((await socket.messages(2)).map(lineOf)).toEqual(seen.slice(1));
    socket.end();

    const response = await fetch(`${system.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'last-event-id': `${jobId}:${String(at(seen[1], 'sequence'))}`,
      },
      body: JSON.stringify({ query: subscription, variables: { jobId } }),
    });
    // It has ended, so the stream does.
    const text = await response.text();
    expect([...text.matchAll(/"message":"([^"]*)"/g)].map(([, message]) => message)).toEqual(['step 2']);
    expect(text).toContain(`id: ${jobId}:${String(at(seen[2], 'sequence'))}`);
  });

  test('costs nothing where nothing is logged and nothing fails', async () => {
    const handler = defineHandler(simulateWork, () => Promise.resolve(done));
    await using system = await startSystem({ engine, handlers: [handler] });
    const writes: string[] = [];
    const { entries } = system.core.table;
    const { put, create: createEntry } = entries;
    Object.assign(entries, {
      put: (...given: Parameters<typeof put>) => (writes.push(given[0].name), put(...given)),
      create: (...given: Parameters<typeof createEntry>) => (writes.push(given[0].name), createEntry(...given)),
    });
    const jobId = await create(system);
    await expect.poll(async () => (await ask(system, { jobId })).status, { timeout: 10_000 }).toBe('SUCCEEDED');
    // A worker’s heartbeat does not count as a job's.
    expect(writes.filter((kind) => kind !== workerKind.name)).toEqual([]);
    expect(await readNotes(system.core, jobId)).toEqual([]);
    expect((await ask(system, { jobId })).attemptRuns.edges).toMatchObject([{ node: { number: 1, outcome: 'SUCCEEDED', worker: null } }]);
  });
});
