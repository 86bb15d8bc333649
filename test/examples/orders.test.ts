/** The example of an order with an approval, as it stands, on the system of one process. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createJobTypes } from '../../core/jobType.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { listSteps } from '../../core/usecases/kept.ts';
import { sendSignal } from '../../core/usecases/sendSignal.ts';
import { waitForJob } from '../../core/usecases/waitForJob.ts';
import { handler } from '../../docs/examples/orders/handler.ts';
import { shop } from '../../docs/examples/orders/shop.ts';
import { fulfilOrder } from '../../docs/examples/orders/type.ts';
import { startSystem, type System } from '../support/startSystem.ts';

const owner = 'shop';
let system: System;
let core: Core;

beforeAll(async () => {
  system = await startSystem({ engine: 'embedded', parts: ['worker', 'lambdas'], handlers: [handler] });
  core = { ...system.core, jobTypes: createJobTypes([fulfilOrder]) };
});
afterAll(() => system[Symbol.asyncDispose]());

async function ordered(orderId: string, payload: { readonly isApproved: boolean; readonly by: string }) {
  const request = {
    owner,
    type: 'fulfil_order',
    params: { orderId, amount: 10 },
    priority: 'NORMAL',
    delaySeconds: 0,
    traceId: 'trace',
  } as const;
  const { jobId } = (await createJob(core, request)).job;
  await expect.poll(async () => (await core.table.get(jobId))?.waiting?.reason).toBe('SIGNAL');
  await sendSignal(core, { owner, jobId, name: 'approval', payload });
  return waitForJob(core, system.watches, { owner, jobId, timeoutSeconds: 20 });
}

test('an order that is approved is reserved and charged once', async () => {
  const job = await ordered('order-1', { isApproved: true, by: 'Ada' });
  expect(job).toMatchObject({ status: 'SUCCEEDED', attempts: 1, result: { value: { approvedBy: 'Ada', payment: 'payment of order-1' } } });
  expect((await listSteps(core, job)).map(({ name }) => name)).toEqual(['reserve', 'charge']);
  expect(shop.calls.filter((call) => call.includes('order-1'))).toEqual(['reserve order-1', 'charge order-1 10']);
});

test('the goods of one that is refused are given back, and nobody is charged', async () => {
  const job = await ordered('order-2', { isApproved: false, by: 'Bob' });
  expect(job).toMatchObject({ status: 'FAILED_FINAL', error: { code: 'PERMANENT', message: 'Bob refused the order' } });
  expect(shop.calls.filter((call) => call.includes('order-2'))).toEqual(['reserve order-2', 'give back reservation of order-2']);
});

test('the page on job types shows the handler as it is', () => {
  const source = readFileSync(new URL('../../docs/examples/orders/handler.ts', import.meta.url), 'utf8');
  expect(readFileSync(new URL('../../docs/job-types.md', import.meta.url), 'utf8')).toContain(
    source.slice(source.indexOf('export const')).trim(),
  );
});
