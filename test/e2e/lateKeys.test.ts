/** Limits by key for jobs whose params come from results: each counts under the key that its complete params give. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineHandler } from '../../core/handler.ts';
import { createJobTypes, defineJobType } from '../../core/jobType.ts';
import type { WorkflowJobRequest } from '../../core/usecases/checkWorkflow.ts';
import { createWorkflow } from '../../core/usecases/createWorkflow.ts';
import { startSystem } from '../support/startSystem.ts';
import { jobsByName, workflowNow } from '../support/workflowTasks.ts';

const policy = { timeoutSeconds: 60, attemptsPerReceive: 1, backoffBaseMs: 1, backoffMaxMs: 2 };
const customer = z.object({ customer: z.string().default('nobody') });
const find = defineJobType({ name: 'find', description: 'Finds.', params: customer, result: customer, policy, example: {} });
const call = defineJobType({
  name: 'call',
  description: 'Calls.',
  params: customer,
  result: z.null(),
  policy: { ...policy, concurrency: { perKey: 1, key: (params) => params.customer } },
  example: {},
});

test('a limit uses the params that a job runs with, and not those that it was handed in with', async () => {
  const running = new Set<string>();
  let isDoubled = false;
  const both = Promise.withResolvers<void>();
  const finds = defineHandler(find, (params) => Promise.resolve(params));
  const calls = defineHandler(call, async (params) => {
    isDoubled ||= running.has(params.customer);
    running.add(params.customer);
    if (running.size === 2) both.resolve();
    // One of each key runs at the same time: counted by the params handed in, they would wait for each other.
    await both.promise;
    await new Promise(setImmediate);
    running.delete(params.customer);
    return null;
  });
  await using system = await startSystem({ engine: 'embedded', handlers: [finds, calls], parts: ['worker', 'lambdas'] });
  const core = { ...system.core, jobTypes: createJobTypes([find, call]) };
  const base = { whenDependencyFails: 'CANCEL', priority: 'NORMAL' } as const;
  const jobs: WorkflowJobRequest[] = ['a', 'b'].flatMap((name): WorkflowJobRequest[] => [
    { ...base, name, type: 'find', params: { customer: name } },
    ...['1', '2', '3'].map((number) => ({
      ...base,
      name: name + number,
      type: 'call',
      dependsOn: [name],
      paramsFrom: [{ path: ['customer'], job: name, resultPath: ['customer'] }],
    })),
  ]);
  const { workflow } = await createWorkflow(core, { owner: 'owner', name: 'calls', traceId: 't', jobs });
  await expect.poll(async () => (await workflowNow(core, workflow.workflowId)).status, { timeout: 20_000 }).toBe('SUCCEEDED');
  expect(isDoubled).toBe(false);
  const made = await jobsByName(core, workflow.workflowId);
  expect(['a1', 'a3', 'b2'].map((name) => made[name]?.concurrencyKey)).toEqual(['a', 'a', 'b']);
  expect(made['a1']?.hasLateKeys).toBeUndefined();
});
