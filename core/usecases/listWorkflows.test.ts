import { expect, test } from 'vitest';
import { inline, makeJob } from '../../test/support/jobFactory.ts';
import { memoryEntries } from '../../test/support/memoryEntries.ts';
import type { Job } from '../job.ts';
import { workflowJobId } from '../workflow/workflow.ts';
import { listWorkflowJobs } from './listWorkflows.ts';
import { keepPlan } from './workflows.ts';

const workflowId = '01J00000000000000000000000';
const jobs = Array.from({ length: 7 }, (_, number) => ({
  name: `job-${number}`,
  type: 'task',
  priority: 'NORMAL' as const,
  params: inline({}),
  maxFailures: 1,
  payloadHash: '',
  dependsOn: number === 0 ? [] : [number - 1],
  whenDependencyFails: 'CANCEL' as const,
}));

/** The jobs of the plan that were created so far. */
async function paged(there: (number: number) => boolean): Promise<{ readonly names: readonly string[]; readonly pages: number }> {
  const made = new Map(
    jobs.flatMap(({ name }, number) => {
      const jobId = workflowJobId(workflowId, number);
      return there(number) ? [[jobId, makeJob({ jobId, workflow: { workflowId, name } })] as const] : [];
    }),
  );
  const getMany = (jobIds: readonly string[]): Promise<(Job | undefined)[]> => Promise.resolve(jobIds.map((jobId) => made.get(jobId)));
  const core = { table: { entries: memoryEntries(), getMany } };
  await keepPlan(core, workflowId, jobs, 2_000_000_000).kept;
  const names: string[] = [];
  let after: string | null = null;
  for (let pages = 1; ; pages += 1) {
    const { edges, pageInfo } = await listWorkflowJobs(core, workflowId, { first: 2, after });
    names.push(...edges.map(({ job }) => job.workflow?.name ?? ''));
    if (!pageInfo.hasNextPage || pages === 10) return { names, pages };
    after = pageInfo.endCursor;
  }
}

test('paging through the jobs of a workflow gives each once and ends, also while some are still being created', async () => {
  expect(await paged(() => true)).toEqual({ names: jobs.map(({ name }) => name), pages: 4 });
  expect(await paged((number) => number >= 2)).toEqual({ names: ['job-2', 'job-3', 'job-4', 'job-5', 'job-6'], pages: 4 });
  expect(await paged((number) => number === 0 || number === 6)).toEqual({ names: ['job-0', 'job-6'], pages: 4 });
  expect(await paged(() => false)).toEqual({ names: [], pages: 4 });
});
