/** The promises to a handler's own test: the handler runs here as in a worker. */
import { createTestJob } from 'job-tickets/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PermanentError } from '../core/errors.ts';
import { defineHandler, type Handler } from '../core/handler.ts';
import { anyJson, defineJobType } from '../core/jobType.ts';
import { handler as fulfilOrder } from '../docs/examples/orders/handler.ts';
import { shop } from '../docs/examples/orders/shop.ts';
import { handler as transformData } from '../jobs/transformData/handler.ts';

const tiny = defineJobType({
  name: 'tiny',
  description: 'Does what its handler does.',
  params: anyJson,
  result: anyJson,
  policy: { timeoutSeconds: 60 },
  example: {},
});
const handlerOf = (handler: Handler<typeof tiny>) => defineHandler(tiny, handler);

test('keeps the results of steps from one attempt to the next, and counts the attempts', async () => {
  const job = createTestJob({ idempotencyKey: 'order-1' });
  const done: string[] = [];
  const handler = handlerOf(async (_params, { step, attempt, idempotencyKey }) => {
    await step('reserve', () => void done.push(`reserve for ${idempotencyKey}`));
    if (attempt === 1) throw new Error('the network is away');
    return await step('charge', () => ({ charged: done.push('charge') }));
  });
  await expect(job.run(handler, null)).rejects.toThrow('the network is away');
  expect(await job.run(handler, null)).toEqual({ charged: 2 });
  expect(done).toEqual(['reserve for order-1', 'charge']);
  expect(job.steps).toEqual({ reserve: undefined, charge: { charged: 2 } });
});

test('runs the handler again after each wait, so that work outside of steps is noticed', async () => {
  let outside = 0;
  const job = createTestJob({ signals: { approval: true } });
  const handler = handlerOf(async (_params, { sleep, waitForSignal, step }) => {
    outside += 1;
    await sleep('a while', 3600);
    const { payload = null } = await waitForSignal('approval');
    return step('tell', () => payload);
  });
  expect(await job.run(handler, null)).toBe(true);
  expect([outside, job.sleeps]).toEqual([3, { 'a while': 3600 }]);
});

test('the example of an order is approved, refused, and forgotten', async () => {
  const params = { orderId: 'tested', amount: 10 };
  const asked = () => shop.calls.filter((call) => call.includes('tested'));
  const approved = createTestJob({ signals: { approval: { isApproved: true, by: 'Ada' } } });
  expect(await approved.run(fulfilOrder, params)).toMatchObject({ approvedBy: 'Ada' });
  // Once more in the run after the sleep: work outside of a step is repeated.
  const line = { level: 'info', message: 'approved', fields: { by: 'Ada' } };
  expect(approved.logged).toEqual([line, line]);
  expect(asked()).toEqual(['reserve tested', 'charge tested 10']);
  await expect(createTestJob().run(fulfilOrder, params)).rejects.toThrow('nobody approved the order within a week');
  expect(asked().at(-1)).toBe('give back reservation of tested');
});

test('does the work of each child once, and returns how it ended', async () => {
  const done: string[] = [];
  const job = createTestJob({
    child: (name, { params = null }) => {
      done.push(name);
      if (name === 'two') throw new PermanentError('it is broken');
      return params;
    },
  });
  const handler = handlerOf(async (_params, { createJob, waitFor, runJob }) => {
    await createJob('one', { type: 'tiny', params: 1 });
    await createJob('two', { type: 'tiny' });
    const { one, two } = await waitFor(['one', 'two']);
    return [one.result ?? null, two.error?.message ?? '', await runJob('three', { type: 'tiny', params: 3 })];
  });
  expect(await job.run(handler, null)).toEqual([1, 'it is broken', 3]);
  expect(done).toEqual(['one', 'two', 'three']);
  expect(job.children).toMatchObject({ three: { type: 'tiny', params: 3 } });
});

test('provides files to read, and keeps files that are written', async () => {
  const job = createTestJob({ files: { 's3://files/in.csv': 'a,b\n1,2\n' } });
  await job.run(transformData, { source: 's3://files/in.csv', output: 's3://files/out.jsonl', to: 'jsonl' });
  expect(job.textOf('s3://files/out.jsonl')).toBe('{"a":"1","b":"2"}\n');
  expect(job.reported.at(-1)).toBe(100);
  const lacking = createTestJob().run(transformData, { source: 's3://files/in.csv', output: 's3://files/out.jsonl', to: 'jsonl' });
  await expect(lacking).rejects.toThrow('s3://files/in.csv does not exist');
});

test('a cancel, a timeout and a shutdown arrive as the signal', async () => {
  const stop = new AbortController();
  const job = createTestJob({ signal: stop.signal, onProgress: () => stop.abort(new Error('cancelled')) });
  const handler = handlerOf(async (_params, { signal, progress }) => {
    progress(50);
    signal.throwIfAborted();
    return null;
  });
  await expect(job.run(handler, null)).rejects.toThrow('cancelled');
});

describe('explains the mistake of', () => {
  test.each<readonly [string, Handler<typeof tiny>, string]>([
    ['a name that is used twice', async (_, { step }) => [await step('one', () => 1), await step('one', () => 2)], 'its own name'],
    ['a signal that nobody sends', async (_, { waitForSignal }) => (await waitForSignal('go')).timedOut, 'test job’s `signals`'],
    ['a child whose work is not given', async (_, { runJob }) => runJob('one', { type: 'tiny' }), 'a `child` that does its work'],
    ['waits that never end', async (_, { sleep }) => (await sleep(String(Math.random()), 1), null), 'does not end'],
    ['a step whose result is not JSON', async (_, { step }) => (await step('when', () => new Date())).getTime(), 'cannot be kept'],
  ])('%s', async (_, handler, message) => {
    await expect(createTestJob().run(handlerOf(handler), null)).rejects.toThrow(message);
  });

  test('refuses a result, and params, that do not fit the type', async () => {
    const type = defineJobType({
      ...tiny,
      name: 'short',
      params: z.strictObject({ text: z.string() }),
      result: z.string().max(3),
      example: { text: 'yes' },
    });
    const handler = defineHandler(type, async ({ text }) => text);
    await expect(createTestJob().run(handler, { text: 'long' })).rejects.toThrow('The result does not fit the type short');
    await expect(createTestJob().run(handler, {})).rejects.toBeInstanceOf(PermanentError);
  });
});
