/** The jobs of a random workflow: any graph, any policy, values from results, and handlers that do anything. */
import { failurePolicies } from '../../core/workflow/workflow.ts';
import type { WorkflowJobRequest } from '../../core/usecases/checkWorkflow.ts';
import { program } from '../support/programs.ts';

/** How deep children go. */
const maxDepth = 3;

export function randomJobs(chance: () => number, maxJobs: number): readonly WorkflowJobRequest[] {
  const some = (most: number): number => Math.floor(chance() * most);
  return Array.from({ length: 1 + some(maxJobs) }, (_, number): WorkflowJobRequest => {
    const wanted = chance() < 0.2 ? 0 : some(Math.min(4, number + 1));
    const dependsOn = number === 0 ? [] : [...new Set(Array.from({ length: wanted }, () => `j${some(number)}`))];
    const whenDependencyFails = failurePolicies[chance() < 0.6 ? 0 : some(3)] ?? 'CANCEL';
    // A dependency that may have failed has no result to take.
    const taken = whenDependencyFails === 'RUN' || chance() < 0.5 ? [] : dependsOn;
    return {
      name: `j${number}`,
      type: program.name,
      params: { seed: some(2 ** 31), depth: chance() < 0.3 ? 1 + some(maxDepth) : 0 },
      paramsFrom: taken.map((job, index) => ({ path: ['inputs', index], job, resultPath: ['sum'] })),
      dependsOn,
      whenDependencyFails,
      priority: 'NORMAL',
    };
  });
}
