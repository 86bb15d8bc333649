import type { Redis } from 'ioredis';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobEvent } from '../../core/feed/event.ts';
import { createRedis } from '../../core/redis.ts';
import { at } from '../e2e/apiSystem.ts';
import { openSocket } from '../e2e/testSocket.ts';
import { openSharedStage, type SharedStage } from './sharedStage.ts';
import { as, post, transportNames, transports } from './stage.ts';

let stage: SharedStage;
let redis: Redis;
beforeAll(async () => {
  stage = await openSharedStage();
  redis = createRedis({ redisUrl: stage.redis.url }, {});
  await once(redis, 'ready');
});
afterAll(async () => {
  redis.disconnect();
  await stage[Symbol.asyncDispose]();
});

const create =
  'mutation ($payload: JSON) { createJob(input: { type: "simulate_work", params: { payload: $payload }, delaySeconds: 900 }) { job { jobId } } }';
const cancel = 'mutation ($jobId: ID!) { cancelJob(input: { jobId: $jobId }) { job { status } } }';

async function handIn(owner: string): Promise<string> {
  const { data } = await transports.HTTP(stage, { query: create, variables: { payload: `THE PARAMS OF ${owner}` } }, await as(owner));
  return String(at(data, 'createJob', 'job', 'jobId'));
}

/** What Redis can be made to say of a waiting job. */
const forgeries: readonly (readonly [what: string, changes: object])[] = [
  ['that it succeeded', { version: 2, status: 'SUCCEEDED' }],
  ['that it failed, with a text', { version: 2, status: 'FAILED_FINAL', error: { code: 'X', message: 'FORGED', attempt: 1, at: 1 } }],
  ['that it was cancelled long ago', { version: 2, status: 'CANCELLED', at: 1 }],
  ['that it ended versions later', { version: 9, status: 'SUCCEEDED' }],
  ['a text with the state it is in', { version: 1, error: { code: 'X', message: 'FORGED', attempt: 1, at: 1 }, progress: 1 }],
  ['a time that no date has', { version: 2, status: 'PROCESSING', at: 1e300 }],
  ['a version that no client can read', { version: 2 ** 40 }],
  ['an attempt that no client can read', { version: 2, status: 'PROCESSING', attempt: 1e300 }],
  ['progress beyond the end', { version: 1, progress: 1e300 }],
  ['progress that is none', { version: 1, progress: 'all' }],
  ['that it is another owner’s', { version: 2, owner: 'mallory', status: 'SUCCEEDED' }],
  ['no JSON', []],
];

async function forge(channel: string, event: Pick<JobEvent, 'jobId' | 'owner'>): Promise<void> {
  const like = { ...event, version: 2, status: 'PENDING', attempt: 0, at: Date.now() };
  for (const [, changes] of forgeries)
    await redis.spublish(channel, Array.isArray(changes) ? '{"jobId":' : JSON.stringify({ ...like, ...changes }));
}

describe.each(transportNames)('events forged in Redis, over %s', (transport) => {
  test('end no wait for a job early, and mask no answer', async () => {
    const jobId = await handIn('bob');
    const query = 'query ($jobId: ID!) { waitForJob(jobId: $jobId, timeoutSeconds: 1) { status error { message } } }';
    const startedAt = performance.now();
    const waiting = transports[transport](stage, { query, variables: { jobId } }, await as('bob'));
    // Until somebody listens.
    await expect.poll(() => redis.spublish(`job:{${jobId}}`, '{}'), { interval: 5 }).toBe(1);
    await forge(`job:{${jobId}}`, { jobId, owner: 'bob' });
    expect(await waiting).toMatchObject({ codes: [], data: { waitForJob: { status: 'PENDING', error: null } } });
    expect(performance.now() - startedAt).toBeGreaterThan(950);
  });
});

/** All that a subscription sends until the job is cancelled, as text. */
const watches = {
  async SSE(query: string, owner: string) {
    const response = await post(stage, { query }, { ...(await as(owner)), accept: 'text/event-stream' });
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes('CANCELLED')) break;
    }
    return text;
  },
  async WebSocket(query: string, owner: string) {
    const socket = await openSocket(stage.url, await as(owner));
    socket.send({ id: '1', type: 'subscribe', payload: { query } });
    const seen: unknown[] = [];
    for (;;) {
      const [message] = await socket.messages(1);
      seen.push(message);
      if (at(message, 'type') !== 'next' || JSON.stringify(message).includes('CANCELLED')) break;
    }
    socket.end();
    return JSON.stringify(seen);
  },
} as const;

describe.each(['SSE', 'WebSocket'] as const)('a watch over %s', (transport) => {
  test('gets none of them: it ends as the record does', async () => {
    const jobId = await handIn('bob');
    const query = `subscription { jobStatusChanged(jobId: "${jobId}") { version status at progress error { message } job { owner } } }`;
    const watching = watches[transport](query, 'bob');
    await expect.poll(() => redis.spublish(`job:{${jobId}}`, '{}'), { interval: 5 }).toBe(1);
    await forge(`job:{${jobId}}`, { jobId, owner: 'bob' });
    await transports.HTTP(stage, { query: cancel, variables: { jobId } }, await as('bob'));
    const text = await watching;
    expect(text).not.toMatch(/SUCCEEDED|FAILED|FORGED|PROCESSING|mallory|INTERNAL|errors/);
    expect([...text.matchAll(/"status":"(\w+)"/g)].map(([, status]) => status)).toEqual(['PENDING', 'CANCELLED']);
  });

  test('of all of one’s jobs gets nothing of another’s, on whichever owner’s channel it is published', async () => {
    const [theirs, owner] = [await handIn('bob'), `alice-${transport}`];
    const query = 'subscription { jobStatusChanged { jobId version status error { message } job { jobId owner params } } }';
    const watching = watches[transport](query, owner);
    await expect.poll(() => redis.spublish(`owner:{${owner}}`, '{}'), { interval: 5 }).toBe(1);
    for (const named of [owner, 'bob']) {
      for (const jobId of [theirs, 'nowhere']) await forge(`owner:{${owner}}`, { jobId, owner: named });
      await redis.spublish(
        `owner:{${owner}}`,
        JSON.stringify({ jobId: theirs, owner: named, version: 1, status: 'PENDING', attempt: 0, at: Date.now() }),
      );
    }
    const own = await handIn(owner);
    await transports.HTTP(stage, { query: cancel, variables: { jobId: own } }, await as(owner));
    const text = await watching;
    expect(text).toContain(own);
    expect(text).not.toContain(theirs);
    expect(text).not.toMatch(/nowhere|bob|FORGED|INTERNAL/);
  });
});
