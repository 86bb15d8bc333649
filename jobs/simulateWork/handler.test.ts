import { expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import { jobTypes } from '../../core/jobType.ts';
import { createHandlers } from '../index.ts';
import { createObjectStore } from '../files/s3/objectStore.ts';
import { createClient, createContext, StoppedByTest } from '../files/testBucket.ts';

const s3 = createClient('http://127.0.0.1:9');
const { simulate_work: simulateWork } = createHandlers({
  objects: createObjectStore({ s3, buckets: [], maxSourceBytes: 0 }),
});
const params = (given: object = {}) => jobTypes.simulate_work.params.parse(given);

test('gives the payload back, and the attempt it took', async () => {
  const result = await simulateWork(params({ payload: { a: [1, null] } }), createContext({ attempt: 2 }));
  expect(result).toMatchObject({ attempts: 2, payload: { a: [1, null] } });
  expect(jobTypes.simulate_work.result.parse(result)).toEqual(result);
});

test('works as long as it was told, reporting each step', async () => {
  const context = createContext();
  const { sleptMs } = await simulateWork(params({ durationMs: 60, steps: 4 }), context);
  expect(sleptMs).toBeGreaterThanOrEqual(59);
  expect(context.reported).toEqual([25, 50, 75, 100]);
});

test('fails the first attempts and then succeeds', async () => {
  const failing = params({ failAttempts: 2 });
  await expect(simulateWork(failing, createContext({ attempt: 1 }))).rejects.toThrow('attempt 1 of 2');
  await expect(simulateWork(failing, createContext({ attempt: 2 }))).rejects.not.toBeInstanceOf(PermanentError);
  await expect(simulateWork(failing, createContext({ attempt: 3 }))).resolves.toMatchObject({
    attempts: 3,
  });
});

test('fails for good when told so', async () => {
  await expect(simulateWork(params({ failPermanently: true }), createContext())).rejects.toBeInstanceOf(PermanentError);
});

test('stops in the middle with the reason of the signal', async () => {
  const stop = new AbortController();
  const reason = new StoppedByTest();
  const context = createContext({ signal: stop.signal, progress: () => stop.abort(reason) });
  await expect(simulateWork(params({ durationMs: 60_000, steps: 1000 }), context)).rejects.toBe(reason);
});
