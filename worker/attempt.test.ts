import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineHandler } from '../core/handler.ts';
import { anyJson, defineJobType } from '../core/jobType.ts';
import { noObjects } from '../test/support/noObjects.ts';
import { silentLog } from '../test/support/silentLog.ts';
import { createTestWaits } from '../testing/testWaits.ts';
import { follow, ShuttingDown } from './aborts.ts';
import { createSuspension } from './suspension.ts';
import { runAttempt, type AttemptEnd } from './attempt.ts';

const type = defineJobType({
  name: 'tiny',
  description: 'Does nothing.',
  params: anyJson,
  result: anyJson,
  policy: { timeoutSeconds: 60 },
  example: {},
});

let runs = 0;
const handler = defineHandler(type, () => {
  runs += 1;
  return Promise.resolve(null);
});

function attempt(signal: AbortSignal): Promise<AttemptEnd> {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const suspension = createSuspension();
  const waits = createTestWaits({ idempotencyKey: 'job' }).ofRun(suspension);
  const context = { signal, attempt: 1, log, objects: noObjects, progress: () => undefined, ...waits };
  return runAttempt({
    handler,
    job: { jobId: 'job', type: type.name },
    params: {},
    context,
    suspension,
    now: Date.now,
    log: silentLog,
  });
}

test('leaves no listener and no memory behind after 60,000 attempts', { timeout: 60_000 }, async () => {
  setFlagsFromString('--expose-gc');
  const collect = z.custom<() => void>((value) => typeof value === 'function').parse(runInNewContext('gc'));
  const worker = new AbortController();
  const many = async (times: number): Promise<void> => {
    for (let round = 0; round < times; round += 1) {
      using following = follow(worker.signal, new AbortController().signal);
      await attempt(following.signal);
    }
  };
  await many(5000);
  collect();
  const before = process.memoryUsage().heapUsed;
  await many(60_000);
  collect();
  expect(getEventListeners(worker.signal, 'abort')).toEqual([]);
  expect((process.memoryUsage().heapUsed - before) / 1024 ** 2).toBeLessThan(10);
});

test('does not begin when its signal has already fired', async () => {
  const before = runs;
  expect(await attempt(AbortSignal.abort(new ShuttingDown('now')))).toMatchObject({ kind: 'aborted', reason: { message: 'now' } });
  expect(runs).toBe(before);
});
