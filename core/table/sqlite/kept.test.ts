import { expect, test } from 'vitest';
import { makeJob } from '../../../test/support/jobFactory.ts';
import { exactly, systemClock } from '../../clock.ts';
import { keepStep, readStep } from '../../usecases/keepStep.ts';
import { inMemory } from './database.ts';
import { openSqliteTable } from './table.ts';

test('what a job kept is deleted with its record, and nothing of jobs that still exist', async () => {
  const table = await openSqliteTable({ file: inMemory, jobTtlDays: 30, clock: systemClock });
  const [over, open] = [makeJob(), makeJob()];
  for (const job of [over, open]) {
    await table.create(job);
    await keepStep({ table }, job, 'step', { result: 1 });
  }
  const now = exactly(Date.now());
  await table.transition('cancel', over.jobId, { facts: { now, version: 1 }, attempt: 0 });
  await table.expire(now.at + 29 * 86_400_000);
  expect(await readStep({ table }, over, 'step')).toEqual({ result: 1 });
  await table.expire(now.at + 31 * 86_400_000);
  expect(await table.get(over.jobId)).toBeUndefined();
  expect(await readStep({ table }, over, 'step')).toBeUndefined();
  expect(await readStep({ table }, open, 'step')).toEqual({ result: 1 });
  await table.close();
});
