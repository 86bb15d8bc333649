/** What is wrong with the beginning of a run: a dependency has not ended, or not in the right way, or the run gets wrong values. */
import type { HandlerContext } from '../../core/handler.ts';
import { isFinal, type Job } from '../../core/job.ts';
import type { Plan } from '../../core/workflow/plan.ts';
import { program } from '../support/programs.ts';

export interface Beginning {
  readonly job: Job;
  readonly context: HandlerContext;
  readonly inputs: readonly number[];
  /** The records at this moment. */
  readonly records: ReadonlyMap<string, Job>;
  readonly plan: Plan | undefined;
  /** Nothing else happens at the same time. */
  readonly isAlone: boolean;
}

export function wrongBeginning({ job, context, inputs, records, plan, isAlone }: Beginning): string | undefined {
  const parent = records.get(job.parent?.jobId ?? '');
  if (isAlone && parent?.status === 'CANCELLED') return `${job.jobId} begins although its parent was cancelled`;
  const number = plan?.numberOf(job.jobId);
  const { dependsOn = [], whenDependencyFails, paramsFrom = [] } = plan?.jobs[number ?? -1] ?? {};
  const needed = dependsOn.map((one) => ({ name: plan?.jobs[one]?.name ?? '', record: records.get(plan?.jobIds[one] ?? '') }));
  for (const { name, record } of needed) {
    if (record === undefined) return `${number} begins although ${name} does not exist`;
    // A dependency that had failed may have been retried since.
    const fits = whenDependencyFails === 'RUN' ? isFinal(record.status) || record.generation > 1 : record.status === 'SUCCEEDED';
    if (!fits) return `${number} begins although ${name} is ${record.status}`;
    const told = context.dependencies[name];
    if (told?.jobId !== record.jobId) return `${number} is told nothing of ${name}`;
    if (record.status === 'SUCCEEDED' && whenDependencyFails !== 'RUN' && told.status !== 'SUCCEEDED') {
      return `${number} is told that ${name} is ${told.status}`;
    }
  }
  const wanted = paramsFrom.map(({ job: from }) => sumOf(records.get(plan?.jobIds[from] ?? '')));
  return inputs.length === wanted.length && inputs.every((one, index) => one === wanted[index])
    ? undefined
    : `${number} is given ${inputs.join(', ')}, and not ${wanted.join(', ')}`;
}

function sumOf(job: Job | undefined): unknown {
  const { result } = job ?? {};
  return result?.kind === 'inline' ? program.result.safeParse(result.value).data?.sum : undefined;
}
