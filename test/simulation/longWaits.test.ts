/** A job that waits for its children for months still gets their results. */
import { afterAll, expect, test } from 'vitest';
import type { Job } from '../../core/job.ts';
import type { JobTable } from '../../core/table/jobTable.ts';
import { inMemory } from '../../core/table/sqlite/database.ts';
import { openSqliteTable } from '../../core/table/sqlite/table.ts';
import { exactly } from '../../core/clock.ts';
import { createJobTypes } from '../../core/jobType.ts';
import { keepAwaited } from '../../core/usecases/awaited.ts';
import { createChild, expectChildren, readChildren } from '../../core/usecases/children.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { endedJobs } from '../../core/usecases/endedJobs.ts';
import { keepParked } from '../../core/usecases/keepParked.ts';
import { tellJob } from '../../core/usecases/tell.ts';
import { transitionJob } from '../../core/usecases/transitionJob.ts';
import { awaitingChanges } from '../../core/workflow/moves.ts';
import { simulatedCore } from './simulatedCore.ts';
import { task } from '../support/workflowTasks.ts';
import { sendOnlyQueues } from '../support/sendOnlyQueues.ts';

let now = Date.UTC(2026, 0, 1);
const day = 86_400_000;
const sqlite = await openSqliteTable({ file: inMemory, jobTtlDays: 30, clock: { now: () => now } });
afterAll(() => sqlite.close());
const table: JobTable = { ...sqlite, time: () => Promise.resolve(exactly(now)) };
const sent: string[] = [];
const queues = sendOnlyQueues((_priority, { jobId }) => Promise.resolve(void sent.push(jobId)));
const core = {
  ...simulatedCore({ table, queues, clock: { now: () => now }, newJobId: () => '1'.repeat(26) }),
  jobTypes: createJobTypes([task]),
};

const facts = { now: exactly(now), claimId: 'c' };
const claim = async (job: Job): Promise<Job> => {
  const changes = { claim: { id: 'c', expiresAt: now + 1000 }, attempts: 1 };
  const { job: claimed } = await transitionJob(core, 'claim', job, { facts: { now: facts.now }, changes });
  if (claimed === undefined) throw new Error('the job is gone');
  return claimed;
};

test('a job that waits for months for one child still gets the result of the other, and goes on when the last has ended', async () => {
  const { job } = await createJob(core, { owner: 'o', type: task.name, params: {}, priority: 'NORMAL', delaySeconds: 0, traceId: 't' });
  const parent = await claim(job);
  await expectChildren(core, parent, 'c');
  const [fast, slow] = await Promise.all(
    ['fast', 'slow'].map((name) => createChild(core, parent, name, { type: task.name, params: {}, priority: 'NORMAL' })),
  );
  if (fast === undefined || slow === undefined) throw new Error('a child is missing');
  await keepAwaited(core, parent.jobId, [fast.jobId, slow.jobId]);
  const changes = { suspended: true as const, ...awaitingChanges(parent, fast.jobId) };
  const suspended = await transitionJob(core, 'suspend', parent, { facts, changes });
  await tellJob(core, suspended.job ?? parent);
  const end = async (child: Job): Promise<void> => {
    const value = { sum: 1, label: 'x'.repeat(5000) };
    const result = await table.keepPayload({ jobId: child.jobId, kind: 'result', value, now });
    const ended = await transitionJob(core, 'succeed', await claim(child), { facts, changes: { result } });
    await tellJob(core, ended.job ?? child);
  };
  await end(fast);
  expect(await table.get(parent.jobId)).toMatchObject({ status: 'PENDING', waitsFor: slow.jobId });

  for (let days = 0; days < 100; days += 1) {
    now += day;
    await keepParked(core);
    await sqlite.expire(now);
  }
  sent.length = 0;
  await end(slow);
  expect(sent).toContain(parent.jobId);
  const there = (await readChildren(core, parent, ['fast', 'slow'])).filter((child) => child !== undefined);
  expect((await endedJobs(core, there)).map(({ result }) => result)).toMatchObject([{ sum: 1 }, { sum: 1 }]);
});
