/** How jobs have ended, in the form in which handlers of other jobs read it. */
import { batchesOf } from '../batches.ts';
import type { EndedJob } from '../handler.ts';
import type { Job, JsonValue } from '../job.ts';
import type { Core } from './core.ts';
import { readPlan } from './workflows.ts';

const [jobsAtOnce, payloadsAtOnce] = [100, 20];

/** In the order given. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function endedJobs({ table }: Pick<Core, 'table'>, jobs: readonly Job[]): Promise<readonly EndedJob[]> {
  const keys = jobs.flatMap(({ result }) => (result?.kind === 'apart' ? [result.key] : []));
  const found = new Map<string, JsonValue | undefined>();
  for (const some of batchesOf(keys, payloadsAtOnce)) {
    for (const [index, value] of (await table.readPayloads(some)).entries()) found.set(some[index] ?? '', value);
  }
  return jobs.map(({ jobId, status, result, error }) => ({
    jobId,
    status,
    result: result?.kind === 'apart' ? found.get(result.key) : result?.value,
    error: status === 'SUCCEEDED' ? undefined : error,
  }));
}

/** The dependencies of a job in its workflow, by their names. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function dependenciesOf(core: Pick<Core, 'table'>, { jobId, workflow }: Job): Promise<Readonly<Record<string, EndedJob>>> {
  const plan = workflow === undefined ? undefined : await readPlan(core, workflow.workflowId);
  const numbers = plan?.jobs[plan.numberOf(jobId) ?? -1]?.dependsOn ?? [];
  const jobs: Job[] = [];
  for (const some of batchesOf(numbers, jobsAtOnce)) {
    const ids = some.map((number) => plan?.jobIds[number] ?? '');
    jobs.push(...(await core.table.getMany(ids)).filter((job) => job !== undefined));
  }
  const ended = await endedJobs(core, jobs);
  // Not by assignment: a name may be `__proto__`.
  return Object.fromEntries(ended.map((one, index) => [jobs[index]?.workflow?.name ?? '', one]));
}
