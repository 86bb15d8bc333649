import { expect, test } from 'vitest';
import { makeJob } from '../../test/support/jobFactory.ts';
import { emptyTable, quietParts } from '../../test/support/quietParts.ts';
import { exactly } from '../clock.ts';
import type { JobEvent } from '../feed/event.ts';
import { createMemoryFeed } from '../feed/memory/memoryFeed.ts';
import type { JobTable } from '../table/jobTable.ts';
import { transitionJob } from './transitionJob.ts';

function openTold() {
  const told: JobEvent[] = [];
  const publish = (event: JobEvent): Promise<boolean> => Promise.resolve(told.push(event) > 0);
  return { told, feed: { ...createMemoryFeed(), publish } };
}

/** Answers every write early. */
const transitionOf =
  (durable: Promise<void>): JobTable['transition'] =>
  () =>
    Promise.resolve({ ok: true, job: { ...makeJob(), status: 'PROCESSING', version: 2 }, durable });

const tableOf = (durable: Promise<void>): JobTable => ({ ...emptyTable(), transition: transitionOf(durable) });

const claim = { facts: { now: exactly(Date.now()) }, early: true };

test('a version that a power cut could still undo is published only when it no longer can', async () => {
  const { told, feed } = openTold();
  const durable = Promise.withResolvers<void>();
  const table = tableOf(durable.promise);
  expect(await transitionJob({ ...quietParts, table, feed }, 'claim', makeJob(), claim)).toMatchObject({ ok: true });
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
  durable.resolve();
  await durable.promise;
  expect(told).toMatchObject([{ version: 2, status: 'PROCESSING' }]);
});

test('one that never becomes durable is never published, and disturbs nobody', async () => {
  const { told, feed } = openTold();
  const table = tableOf(Promise.reject(new Error('the disk is gone')));
  await transitionJob({ ...quietParts, table, feed }, 'claim', makeJob(), claim);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
});
