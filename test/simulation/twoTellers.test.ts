/** Two processes that announce the same end, where one of them dies between a pointer's write and the look after it. */
import { afterAll, expect, test } from 'vitest';
import { exactly } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import { createJobTypes } from '../../core/jobType.ts';
import { inMemory } from '../../core/table/sqlite/database.ts';
import { openSqliteTable } from '../../core/table/sqlite/table.ts';
import type { JobTable } from '../../core/table/jobTable.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { createWorkflow } from '../../core/usecases/createWorkflow.ts';
import { createChild } from '../../core/usecases/children.ts';
import { keepAwaited } from '../../core/usecases/awaited.ts';
import { tellFound, tellJob } from '../../core/usecases/tell.ts';
import { tellWaiting } from '../../core/usecases/tellWaiting.ts';
import { transitionJob } from '../../core/usecases/transitionJob.ts';
import { awaitingChanges } from '../../core/workflow/moves.ts';
import { sendOnlyQueues } from '../support/sendOnlyQueues.ts';
import { graph, jobsByName, task } from '../support/workflowTasks.ts';
import { numberedIds } from './numberedIds.ts';
import { simulatedCore } from './simulatedCore.ts';

let now = Date.now();
const clock = { now: () => now };
const sqlite = await openSqliteTable({ file: inMemory, jobTtlDays: 30, clock });
afterAll(() => sqlite.close());

const newJobId = numberedIds();
const queues = sendOnlyQueues();
const coreWith = (table: JobTable): Core => ({
  ...simulatedCore({ table, queues, clock, newJobId }),
  jobTypes: createJobTypes([task]),
});
const core = coreWith(sqlite);

test('the other one continues it: a job whose dependencies have all ended begins', async () => {
  const { workflow } = await createWorkflow(core, {
    owner: 'o',
    name: 'join',
    traceId: 't',
    jobs: graph({ first: [], second: [], last: ['first', 'second'] }),
  });
  const { first, second, last } = await jobsByName(core, workflow.workflowId);
  expect(last?.waitsFor).toBe(second?.jobId);
  await endedByTwo(second?.jobId ?? '', first?.jobId ?? '');
  expect(await sqlite.get(last?.jobId ?? '')).not.toHaveProperty('waitsFor');
});

test('the other one continues it: a parent whose children have all ended goes on', async () => {
  const parent = await begun(await created('parent'));
  const names = ['first', 'second'];
  const children = await Promise.all(
    names.map((name) => createChild(core, parent, name, { type: task.name, params: {}, priority: 'NORMAL' })),
  );
  const [first = '', second = ''] = children.map(({ jobId }) => jobId);
  await keepAwaited(core, parent.jobId, [second, first]);
  const changes = { ...awaitingChanges(parent, second), suspended: true } as const;
  const waiting = await transitionJob(core, 'suspend', parent, { facts: { now: exactly(now), claimId: 'c' }, changes });
  await tellJob(core, waiting.job ?? parent);
  expect((await sqlite.get(parent.jobId))?.waitsFor).toBe(second);
  await endedByTwo(second, first);
  expect(await sqlite.get(parent.jobId)).not.toHaveProperty('waitsFor');
});

/**
 * `second`, which something waits for, ends. A sweep finds that before its writer has announced it, reads `first` as still open, moves the
 * pointer there, and dies; but `first` has ended and was announced in between. Then the writer comes.
 */
async function endedByTwo(second: string, first: string): Promise<void> {
  const ended = await succeeded(second);
  let isDead = false;
  const mortal = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    if (isDead) throw new JobError('TABLE_UNAVAILABLE');
    return ask();
  };
  const read = async (jobId: string): Promise<Job | undefined> => {
    const job = await sqlite.get(jobId);
    if (jobId === first) await tellJob(core, await succeeded(first));
    return job;
  };
  const table: JobTable = {
    ...sqlite,
    get: (jobId) => mortal(() => read(jobId)),
    getMany: (jobIds) => mortal(() => Promise.all(jobIds.map(read))),
    touch: (...args) =>
      mortal(() => {
        isDead = true;
        return sqlite.touch(...args);
      }),
  };
  await tellFound(coreWith(table), [ended]);
  expect(isDead).toBe(true);
  await tellJob(core, ended);
  now += 60_000;
  await tellWaiting(core);
}

async function created(label: string): Promise<Job> {
  const { job } = await createJob(core, {
    owner: 'o',
    type: task.name,
    params: { label },
    priority: 'NORMAL',
    delaySeconds: 0,
    traceId: 't',
  });
  return job;
}

async function begun(job: Job): Promise<Job> {
  const claim = { id: 'c', expiresAt: now + 60_000 };
  const { job: claimed } = await transitionJob(core, 'claim', job, { facts: { now: exactly(now) }, changes: { claim, attempts: 1 } });
  if (claimed?.status !== 'PROCESSING') throw new Error('it was not claimed');
  return claimed;
}

async function succeeded(jobId: string): Promise<Job> {
  const job = await sqlite.get(jobId);
  if (job === undefined) throw new Error('there is no such job');
  const facts = { now: exactly(now), claimId: 'c' };
  const { job: ended } = await transitionJob(core, 'succeed', await begun(job), { facts });
  if (ended?.status !== 'SUCCEEDED') throw new Error('it did not succeed');
  return ended;
}
