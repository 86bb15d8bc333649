import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { makeJob } from '../../../test/support/jobFactory.ts';
import { exactly, systemClock } from '../../clock.ts';
import { inMemory } from './database.ts';
import { openSqliteTable } from './table.ts';

test('requests that are passed on early keep their order with those of the rest of the turn, and with the next turn', async () => {
  const table = await openSqliteTable({ file: inMemory, jobTtlDays: 30, clock: systemClock });
  const job = makeJob({});
  const facts = { now: exactly(Date.now()) };
  const creating = table.create(job);
  table.dispatch?.();
  const claim = { id: 'claim', expiresAt: facts.now.high + 30_000 };
  const claiming = table.transition('claim', job.jobId, { facts: { ...facts, version: 1 }, attempt: 1, changes: { claim, attempts: 1 } });
  table.dispatch?.();
  table.dispatch?.();
  await turn();
  const ending = table.transition('succeed', job.jobId, {
    facts: { ...facts, version: 2, claimId: 'claim' },
    attempt: 1,
    changes: { claim: null },
  });
  expect(await creating).toMatchObject({ ok: true });
  expect(await claiming).toMatchObject({ ok: true, job: { status: 'PROCESSING' } });
  expect(await ending).toMatchObject({ ok: true, job: { status: 'SUCCEEDED' } });
  await table.close();
});
