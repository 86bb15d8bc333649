import { exactly, monotonic } from '../../core/clock.ts';
import { getOperationAST, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Job } from '../../core/job.ts';
import { transitionJob } from '../../core/usecases/transitionJob.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createWatches } from '../../core/usecases/watchJob.ts';
import { createWorkerView } from '../../core/usecases/workers.ts';
import { coerceVariables, schema, toGraphQLError } from '../../schema/index.ts';
import { makeJob } from '../../test/support/jobFactory.ts';
import { silentLog } from '../../test/support/silentLog.ts';
import { startSystem, type System } from '../../test/support/startSystem.ts';
import { runningCount, runningOf } from './runningOperations.ts';
import { createFanOut, type PushTarget, type Subscriber } from './fanOut.ts';

const message = z.object({ id: z.string(), type: z.literal('next'), payload: z.object({ data: z.object({ change: z.looseObject({}) }) }) });
const completion = (id: string): string => JSON.stringify({ id, type: 'complete' });

/** A target that accepts data or, while it is `stuck`, leaves it unsent. */
function fakeSocket() {
  const sent: string[] = [];
  let flushed: (() => void) | undefined;
  let isStuck = false;
  const socket: PushTarget = {
    running: undefined,
    keptBytes: 0,
    get unsentBytes() {
      return isStuck ? 1_000_000 : 0;
    },
    pushNext(id, payload, _event, onFlushed) {
      sent.push(`{"id":${JSON.stringify(id)},"type":"next","payload":${payload}}`);
      flushed = onFlushed;
    },
    pushComplete: (id) => void sent.push(completion(id)),
    pushError: (id, error) => void sent.push(JSON.stringify({ id, type: 'error', payload: [error] })),
  };
  return {
    socket,
    sent,
    messages: () => sent.filter((text) => !text.includes('"complete"')).map((text) => message.parse(JSON.parse(text))),
    isOver: () => runningCount(socket) === 0,
    stick: () => (isStuck = true),
    flush() {
      isStuck = false;
      flushed?.();
    },
  };
}

describe('fanning out', () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem({ parts: [] });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  async function setup() {
    let reads = 0;
    const table: Core['table'] = {
      ...system.core.table,
      get(jobId) {
        reads += 1;
        return system.core.table.get(jobId);
      },
    };
    const core: Core = { ...system.core, table };
    const watches = createWatches(core);
    const fanOut = createFanOut({ mask: (error, traceId) => toGraphQLError(error, { log: silentLog, traceId }) });
    const { job } = await core.table.create(makeJob());
    if (job === undefined) throw new Error('the job was not created');
    return { core, watches, fanOut, job, reads: () => reads };
  }

  const documents = new Map<string, ReturnType<typeof parse>>();
  function documentOf(query: string) {
    const known = documents.get(query) ?? parse(query);
    documents.set(query, known);
    return known;
  }

  function subscriber(
    { core, watches, job }: Awaited<ReturnType<typeof setup>>,
    {
      query,
      variables = {},
      id = '1',
      socket,
      owner = job.owner,
    }: { query: string; variables?: object; id?: string; socket: PushTarget; owner?: string },
  ): Subscriber {
    const spend = (): Promise<void> => Promise.resolve();
    const signal = new AbortController().signal;
    const answer = { add: () => undefined };
    const contextValue = {
      core,
      watches,
      workers: createWorkerView(core, monotonic),
      owner,
      isAdmin: false,
      mayOperate: false,
      spend,
      answer,
      traceId: 'trace',
      log: silentLog,
      signal,
    };
    const [document, variableValues] = [documentOf(query), { jobId: job.jobId, ...variables }];
    const operation = getOperationAST(document);
    if (operation === null || operation === undefined) throw new Error('the document has no operation');
    const { coerced = {} } = coerceVariables(schema, operation, variableValues, { document, hideSuggestions: false, maxBytes: Infinity });
    return { id, target: socket, args: { schema, document, variableValues, contextValue, coerced } };
  }

  async function watch({ watches, fanOut, job }: Awaited<ReturnType<typeof setup>>, given: Subscriber): Promise<void> {
    fanOut.push(await watches.job({ owner: job.owner, jobId: job.jobId }), given);
  }

  async function step(core: Core, job: Job, event: 'claim' | 'succeed'): Promise<Job> {
    const now = Date.now();
    const changes = event === 'claim' ? { claim: { id: 'claim', expiresAt: now + 60_000 }, attempts: 1 } : {};
    const result = await transitionJob(core, event, job, { facts: { now: exactly(now), claimId: 'claim' }, changes });
    if (!result.ok) throw new Error(`the job did not ${event}`);
    return result.job;
  }

  const change = 'subscription ($jobId: ID!) { change: jobStatusChanged(jobId: $jobId) { version status } }';

  test('gives each watcher every event once, under its own id, and ends with the final one', async () => {
    const given = await setup();
    const sockets = Array.from({ length: 3 }, fakeSocket);
    await Promise.all(sockets.map(({ socket }, index) => watch(given, subscriber(given, { query: change, id: `op "${index}"`, socket }))));
    await step(given.core, await step(given.core, given.job, 'claim'), 'succeed');
    await expect.poll(() => sockets.every(({ isOver }) => isOver())).toBe(true);
    for (const [index, { messages, sent }] of sockets.entries()) {
      expect(sent.at(-1)).toBe(completion(`op "${index}"`));
      expect(messages()).toEqual(
        ['PENDING', 'PROCESSING', 'SUCCEEDED'].map((status, before) => ({
          id: `op "${index}"`,
          type: 'next',
          payload: { data: { change: { version: before + 1, status } } },
        })),
      );
    }
  });

  test('reads a job once an event for a hundred watchers who ask for it too', async () => {
    const given = await setup();
    const query = 'subscription ($jobId: ID!) { change: jobStatusChanged(jobId: $jobId) { version job { status } } }';
    const sockets = Array.from({ length: 100 }, fakeSocket);
    await Promise.all(sockets.map(({ socket }) => watch(given, subscriber(given, { query, socket }))));
    await expect.poll(() => sockets.every(({ messages }) => messages().length === 1)).toBe(true);
    await step(given.core, await step(given.core, given.job, 'claim'), 'succeed');
    await expect.poll(() => sockets.every(({ isOver }) => isOver())).toBe(true);
    expect(sockets.every(({ messages }) => messages().length === 3)).toBe(true);
    // One read for all that began to watch, and one for each event; the hint of the end carries its record.
    expect(given.reads()).toBe(4);
  });

  test('keeps watchers apart that select other fields, or include them by other variables', async () => {
    const given = await setup();
    const query = `subscription ($jobId: ID!, $all: Boolean = false) {
      change: jobStatusChanged(jobId: $jobId) { version status @include(if: $all) attempt @skip(if: $all) }
    }`;
    const [little, all] = [fakeSocket(), fakeSocket()];
    await watch(given, subscriber(given, { query, variables: { all: false }, socket: little.socket }));
    await watch(given, subscriber(given, { query, variables: { all: true }, socket: all.socket }));
    expect(little.messages()[0]?.payload.data.change).toEqual({ version: 1, attempt: 0 });
    expect(all.messages()[0]?.payload.data.change).toEqual({ version: 1, status: 'PENDING' });
  });

  test('tells null, absent and default of a variable apart', async () => {
    const given = await setup();
    const query = `subscription ($jobId: ID!, $all: Boolean = true) {
      change: jobStatusChanged(jobId: $jobId) { version job @include(if: $all) { status } }
    }`;
    const [byNull, byDefault, byValue] = [fakeSocket(), fakeSocket(), fakeSocket()];
    await watch(given, subscriber(given, { query, variables: { all: null }, socket: byNull.socket }));
    await watch(given, subscriber(given, { query, socket: byDefault.socket }));
    await watch(given, subscriber(given, { query, variables: { all: true }, socket: byValue.socket }));
    const whole = { version: 1, job: { status: 'PENDING' } };
    await expect.poll(() => [byDefault, byValue].map(({ messages }) => messages()[0]?.payload.data.change)).toEqual([whole, whole]);
    expect(byNull.sent[0]).toContain('must not be null');
  });

  test('writes nothing more to a socket that does not take it, and everything in order when it does again', async () => {
    const given = await setup();
    const [slow, quick] = [fakeSocket(), fakeSocket()];
    slow.stick();
    for (const { socket } of [slow, quick]) await watch(given, subscriber(given, { query: change, socket }));
    const running = await step(given.core, given.job, 'claim');
    for (let percent = 1; percent <= 50; percent += 1) {
      await given.core.feed.publish({ ...running, attempt: 1, at: running.updatedAt + percent, progress: percent });
    }
    await step(given.core, running, 'succeed');
    await expect.poll(quick.isOver).toBe(true);
    expect(slow.messages()).toHaveLength(1);
    slow.flush();
    expect(slow.isOver()).toBe(true);
    expect(slow.messages().map(({ payload }) => payload.data.change['version'])).toEqual([1, 2, 3]);
  });

  test('ends a watch when its client leaves, also in the middle of a write', async () => {
    const given = await setup();
    const slow = fakeSocket();
    slow.stick();
    await watch(given, subscriber(given, { query: change, socket: slow.socket }));
    runningOf(slow.socket, '1')?.end();
    await step(given.core, given.job, 'claim');
    slow.flush();
    expect(slow.sent).toHaveLength(1);
  });
});
