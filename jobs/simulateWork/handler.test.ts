import { expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/job.ts';
import { noObjects } from '../../test/support/noObjects.ts';
import { createContext, StoppedByTest } from '../files/testBucket.ts';
import { handler } from './handler.ts';
import { simulateWork } from './type.ts';

const run = (given: JsonValue, context: ReturnType<typeof createContext>) => handler.run(given, { ...context, objects: noObjects });
const params = (given: object = {}) => simulateWork.params.parse(given);

test('returns the payload, and the attempt it took', async () => {
  const result = await run(params({ payload: { a: [1, null] } }), createContext({ attempt: 2 }));
  expect(result).toMatchObject({ attempts: 2, payload: { a: [1, null] } });
  expect(simulateWork.result.parse(result)).toEqual(result);
});

test('works as long as its params say, and reports each step', async () => {
  const context = createContext();
  const { sleptMs } = await run(params({ durationMs: 60, steps: 4 }), context);
  expect(sleptMs).toBeGreaterThanOrEqual(59);
  expect(context.reported).toEqual([25, 50, 75, 100]);
});

test('fails the first attempts and then succeeds', async () => {
  const failing = params({ failAttempts: 2 });
  await expect(run(failing, createContext({ attempt: 1 }))).rejects.toThrow('attempt 1 of 2');
  await expect(run(failing, createContext({ attempt: 2 }))).rejects.not.toBeInstanceOf(PermanentError);
  await expect(run(failing, createContext({ attempt: 3 }))).resolves.toMatchObject({
    attempts: 3,
  });
});

test('fails for good when its params say so', async () => {
  await expect(run(params({ failPermanently: true }), createContext())).rejects.toBeInstanceOf(PermanentError);
});

test('stops in the middle with the reason of the signal', async () => {
  const stop = new AbortController();
  const reason = new StoppedByTest();
  const context = createContext({ signal: stop.signal, progress: () => stop.abort(reason) });
  await expect(run(params({ durationMs: 60_000, steps: 1000 }), context)).rejects.toBe(reason);
});
