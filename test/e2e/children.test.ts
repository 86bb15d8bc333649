/** Children on both engines: a handler makes jobs, gives its slot back, and runs again when they have ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PermanentError } from '../../core/errors.ts';
import { defineHandler } from '../../core/handler.ts';
import type { Job, JsonValue } from '../../core/job.ts';
import { anyJson, createJobTypes, defineJobType } from '../../core/jobType.ts';
import { listChildren } from '../../core/usecases/childList.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { engines, type Engine } from '../support/engines.ts';
import { startSystem } from '../support/startSystem.ts';

const owner = 'owner';
const policy = { timeoutSeconds: 60, attemptsPerReceive: 1, backoffBaseMs: 1, backoffMaxMs: 2 };
const leafType = defineJobType({
  name: 'leaf',
  description: 'Adds one, or fails.',
  params: z.object({ n: z.number().default(0), fails: z.boolean().default(false) }),
  result: z.number(),
  policy,
  example: {},
});
const parentType = defineJobType({
  name: 'parent',
  description: 'Makes others.',
  params: z.object({
    way: z.enum(['all', 'each', 'late', 'deep', 'one', 'wide']),
    leaves: z.int().default(3),
    fails: z.boolean().default(false),
  }),
  result: anyJson,
  policy,
  example: { way: 'all' },
});

async function setup(engine: Engine, slots: number) {
  const runs = { parent: 0, leaf: 0, most: 0, running: 0 };
  const leaf = defineHandler(leafType, async ({ n, fails }) => {
    runs.leaf += 1;
    if (fails) throw new PermanentError('a leaf fails');
    await sleep(1);
    return n + 1;
  });
  const parent = defineHandler(parentType, async ({ way, leaves, fails }, { createJob: make, waitFor, runJob }): Promise<JsonValue> => {
    runs.parent += 1;
    const names = Array.from({ length: leaves }, (_, index) => `leaf ${index}`);
    if (way === 'one') return runJob('only', { type: 'leaf', params: { n: 1, fails } });
    if (way === 'wide') {
      // Refused one by one: they are counted, and cost nothing.
      await Promise.allSettled(Array.from({ length: 1000 }, (_, index) => make(`child ${index}`, { type: 'none' })));
      await make('one more', { type: 'leaf' });
    }
    if (way === 'deep') return runJob('next', { type: 'parent', params: { way: 'deep' } });
    if (way === 'each')
      return [await runJob('a', { type: 'leaf', params: { n: 1 } }), await runJob('b', { type: 'leaf', params: { n: 2 } })];
    for (const [n, name] of names.entries()) await make(name, { type: 'leaf', params: { n, fails: fails && n === leaves - 1 } });
    // All may have ended by then.
    if (way === 'late') await sleep(200);
    const ended = await waitFor(names);
    return names.map((name) => `${ended[name]?.status} ${ended[name]?.error?.message ?? JSON.stringify(ended[name]?.result)}`);
  });
  const env = { WORKER_CONCURRENCY: String(slots) };
  const system = await startSystem({ engine, parts: ['worker', 'lambdas'], handlers: [leaf, parent], env });
  const core = { ...system.core, jobTypes: createJobTypes([leafType, parentType]) };
  const hand = async (params: JsonValue): Promise<string> =>
    (await createJob(core, { owner, type: 'parent', params, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace' })).job.jobId;
  const ended = async (jobId: string): Promise<Job> => {
    await expect
      .poll(async () => (await core.table.get(jobId))?.status, { timeout: 20_000, interval: 20 })
      .toMatch(/SUCCEEDED|FAILED|CANCELLED/);
    const job = await core.table.get(jobId);
    if (job === undefined) throw new Error('the job is gone');
    return job;
  };
  return { core, runs, hand, ended, [Symbol.asyncDispose]: () => system[Symbol.asyncDispose]() };
}

const valueOf = ({ result }: Job): JsonValue | undefined => (result?.kind === 'inline' ? result.value : undefined);

describe.each(engines)('children, on %s', (engine) => {
  test('run although all slots are held by parents, and their results are there when their parent goes on', async () => {
    await using own = await setup(engine, 1);
    const { core, runs, hand, ended } = own;
    const parents = await Promise.all([1, 2, 3].map(() => hand({ way: 'all' })));
    for (const jobId of parents) {
      const job = await ended(jobId);
      expect(valueOf(job)).toEqual(['SUCCEEDED 1', 'SUCCEEDED 2', 'SUCCEEDED 3']);
      expect(job).toMatchObject({ attempts: 1, failures: 0, losses: 0 });
    }
    // Each once before the wait and once after it, and each leaf once.
    expect(runs).toMatchObject({ parent: 6, leaf: 9 });
    const { jobs } = await core.table.listPlaced({ place: 'dependencies', limit: 10 });
    expect(jobs).toEqual([]);
    const { children } = await listChildren(core, parents[0] ?? '', { limit: 10 });
    expect(children.map(({ job }) => job.parent?.name).toSorted((a = '', b = '') => a.localeCompare(b))).toEqual([
      'leaf 0',
      'leaf 1',
      'leaf 2',
    ]);
  });

  test('may end before they are waited for, one after the other, or fail as the last one', async () => {
    await using own = await setup(engine, 4);
    const { hand, ended } = own;
    expect(valueOf(await ended(await hand({ way: 'late' })))).toEqual(['SUCCEEDED 1', 'SUCCEEDED 2', 'SUCCEEDED 3']);
    expect(valueOf(await ended(await hand({ way: 'each' })))).toEqual([2, 3]);
    expect(valueOf(await ended(await hand({ way: 'all', fails: true })))).toEqual([
      'SUCCEEDED 1',
      'SUCCEEDED 2',
      'FAILED_FINAL a leaf fails',
    ]);
    expect((await ended(await hand({ way: 'one', fails: true }))).error).toMatchObject({
      code: 'PERMANENT',
      message: 'The child "only" ended FAILED_FINAL: a leaf fails',
    });
    expect((await ended(await hand({ way: 'deep' }))).error?.message).toMatch(/at most 10 levels deep/);
    if (engine === 'emulators') return;
    const refusal = { code: 'PERMANENT', message: 'A job has at most 1000 children.' };
    expect((await ended(await hand({ way: 'wide' }))).error).toMatchObject(refusal);
  });
});
