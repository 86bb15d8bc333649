/** A watch of a workflow of which a job was retried by a process that died before it announced that. */
import { afterAll, expect, test } from 'vitest';
import { exactly } from '../../core/clock.ts';
import { createMemoryFeed } from '../../core/feed/memory/memoryFeed.ts';
import { ReadSchedule } from '../../core/feed/readSchedule.ts';
import type { WorkflowTransition } from '../../core/feed/workflowWatch.ts';
import type { Job } from '../../core/job.ts';
import { createJobTypes } from '../../core/jobType.ts';
import { inMemory } from '../../core/table/sqlite/database.ts';
import { openSqliteTable } from '../../core/table/sqlite/table.ts';
import { beginAnew } from '../../core/usecases/beginAnew.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createWorkflow } from '../../core/usecases/createWorkflow.ts';
import { tellJob } from '../../core/usecases/tell.ts';
import { transitionJob } from '../../core/usecases/transitionJob.ts';
import { openWatchOfWorkflow } from '../../core/usecases/watchWorkflow.ts';
import { sendOnlyQueues } from '../support/sendOnlyQueues.ts';
import { graph, jobsByName, task } from '../support/workflowTasks.ts';
import { numberedIds } from './numberedIds.ts';
import { simulatedCore } from './simulatedCore.ts';

const now = Date.now();
const clock = { now: () => now };
const table = await openSqliteTable({ file: inMemory, jobTtlDays: 30, clock });
afterAll(() => table.close());

const newJobId = numberedIds();
const core: Core = {
  ...simulatedCore({ table, queues: sendOnlyQueues(), clock, newJobId }),
  jobTypes: createJobTypes([task]),
  feed: createMemoryFeed(),
};

test('goes on until the workflow has ended again', async () => {
  const { workflow } = await createWorkflow(core, { owner: 'o', name: 'w', traceId: 't', jobs: graph({ only: [] }) });
  const { workflowId } = workflow;
  const only = async (): Promise<Job> => (await jobsByName(core, workflowId))['only'] ?? failed();
  await tellJob(core, await ended(await only(), 'failForGood'));
  const retried = await beginAnew(core, 'retry', await only(), { now: exactly(now) });
  expect(retried.ok).toBe(true);

  const watch = await openWatchOfWorkflow(
    {
      table,
      feed: core.feed,
      readJobs: table.getMany,
      schedule: new ReadSchedule({ maxReadsPerSecond: 1000, elapsed: () => 0, random: () => 0 }),
      pollMs: 500,
      silenceMs: 2000,
      open: new Set(),
      onFailure: failed,
      onThrow: failed,
      onCount: () => undefined,
    },
    { owner: 'o', workflowId },
  );
  const next = async (): Promise<string> => shown((await watch.next()).value);
  expect([await next(), await next()]).toEqual(['only PENDING', 'w FAILED']);
  // The sweeper announces it.
  await tellJob(core, await only());
  expect(await next()).toBe('w RUNNING');
  await tellJob(core, await ended(await only(), 'succeed'));
  expect([await next(), await next(), await next(), await next()]).toEqual(['only PROCESSING', 'only SUCCEEDED', 'w SUCCEEDED', 'over']);
});

async function ended(job: Job, event: 'succeed' | 'failForGood'): Promise<Job> {
  const claim = { id: 'c', expiresAt: now + 60_000 };
  const facts = { now: exactly(now), claimId: 'c' };
  const claimed = await transitionJob(core, 'claim', job, { facts, changes: { claim, attempts: 1 } });
  return (await transitionJob(core, event, claimed.job ?? failed(), { facts })).job ?? failed();
}

function shown(transition: WorkflowTransition | undefined): string {
  const { job, change } = transition ?? {};
  return job === undefined ? (change === undefined ? 'over' : `w ${change.status}`) : `${job.name} ${job.event.status}`;
}

function failed(error: unknown = new Error('there is no such job')): never {
  throw error;
}
