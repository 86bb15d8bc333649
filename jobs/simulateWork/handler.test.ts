import { expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/job.ts';
import { createTestJob, type TestJobOptions } from '../../testing/createTestJob.ts';
import { StoppedByTest } from '../files/testBucket.ts';
import { handler } from './handler.ts';
import { simulateWork } from './type.ts';

const run = (given: JsonValue, options: TestJobOptions = {}) => createTestJob(options).run(handler, given);
const params = (given: object = {}) => simulateWork.params.parse(given);

test('returns the payload, and the attempt it took', async () => {
  const result = await run(params({ payload: { a: [1, null] } }), { attempt: 2 });
  expect(result).toMatchObject({ attempts: 2, payload: { a: [1, null] } });
  expect(simulateWork.result.parse(result)).toEqual(result);
});

test('works as long as its params say, and reports each step', async () => {
  const job = createTestJob();
  const { sleptMs } = await job.run(handler, params({ durationMs: 60, steps: 4 }));
  expect(sleptMs).toBeGreaterThanOrEqual(59);
  expect(job.reported).toEqual([25, 50, 75, 100]);
});

test('fails the first attempts and then succeeds', async () => {
  const failing = params({ failAttempts: 2 });
  await expect(run(failing, { attempt: 1 })).rejects.toThrow('attempt 1 of 2');
  await expect(run(failing, { attempt: 2 })).rejects.not.toBeInstanceOf(PermanentError);
  await expect(run(failing, { attempt: 3 })).resolves.toMatchObject({
    attempts: 3,
  });
});

test('fails for good when its params say so', async () => {
  await expect(run(params({ failPermanently: true }))).rejects.toBeInstanceOf(PermanentError);
});

test('stops in the middle with the reason of the signal', async () => {
  const stop = new AbortController();
  const reason = new StoppedByTest();
  const options = { signal: stop.signal, onProgress: () => stop.abort(reason) };
  await expect(run(params({ durationMs: 60_000, steps: 1000 }), options)).rejects.toBe(reason);
});
