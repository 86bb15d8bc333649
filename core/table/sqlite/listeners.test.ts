import { expect, test } from 'vitest';
import { makeJob } from '../../../test/support/jobFactory.ts';
import { exactly, systemClock } from '../../clock.ts';
import type { Job } from '../../job.ts';
import { inMemory } from './database.ts';
import { openSqliteTable } from './table.ts';

const waits = { waiting: { reason: 'DEPENDENCIES' } } as const;
const cases: Readonly<Record<string, { readonly listeners: (jobId: string) => readonly Partial<Job>[]; readonly isAnnounced: boolean }>> = {
  'one looks at it': { listeners: (jobId) => [{ ...waits, waitsFor: jobId }], isAnnounced: true },
  'one of several looks at it': {
    listeners: (jobId) => [
      { ...waits, waitsFor: 'other' },
      { ...waits, waitsFor: jobId },
    ],
    isAnnounced: true,
  },
  'one was cancelled because of it': {
    listeners: (jobId) => [{ status: 'CANCELLED', cause: { jobId, generation: 1 } }, { waitsFor: 'other' }],
    isAnnounced: true,
  },
  'all are over, so that its workflow is asked': { listeners: () => [{ status: 'SUCCEEDED' }], isAnnounced: true },
  'all look at others': { listeners: () => [{ ...waits, waitsFor: 'other' }, { status: 'PROCESSING' }], isAnnounced: false },
};

test.for(Object.entries(cases))('whether an end is announced is decided together with it: %s', async ([, { listeners, isAnnounced }]) => {
  await using table = await openTable();
  const job = makeJob(running());
  await table.create(job);
  const waiting = listeners(job.jobId).map((changes) => makeJob(changes));
  for (const one of waiting) await table.create(one);
  expect((await end(table, job, waiting)).tell).toBe(isAnnounced ? 2 : undefined);
});

test.for([
  ['of a job that was retried, which may have been passed', 2, 'other', true],
  ['where one who may wait was not created yet', 1, undefined, true],
  ['never where neither is so', 1, 'other', false],
] as const)('an end is announced %s', async ([, generation, waitsFor, isAnnounced]) => {
  await using table = await openTable();
  const [job, listener] = [makeJob({ ...running(), generation }), makeJob({ ...waits, waitsFor })];
  await table.create(job);
  if (waitsFor !== undefined) await table.create(listener);
  expect((await end(table, job, [listener])).tell).toBe(isAnnounced ? 2 : undefined);
});

function running(): Partial<Job> {
  return { status: 'PROCESSING', claim: { id: 'claim', expiresAt: Date.now() + 60_000 } };
}

async function openTable() {
  const table = await openSqliteTable({ file: inMemory, jobTtlDays: 30, clock: systemClock });
  return { ...table, [Symbol.asyncDispose]: table.close };
}

async function end(table: Awaited<ReturnType<typeof openTable>>, { jobId }: Job, listeners: readonly Job[]): Promise<Partial<Job>> {
  const { ok, job } = await table.transition('succeed', jobId, {
    facts: { now: exactly(Date.now()), version: 1, claimId: 'claim' },
    attempt: 1,
    changes: { claim: null, tell: 2 },
    listeners: listeners.map((one) => one.jobId),
  });
  expect(ok).toBe(true);
  return job ?? {};
}
