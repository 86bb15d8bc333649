/** A plan in a form for use: the dependencies by ids, and the order in which its workflow waits for its jobs. */
import { workflowJobId, type PlannedJob } from './workflow.ts';

export interface Plan {
  readonly jobs: readonly PlannedJob[];
  /** By number. */
  readonly jobIds: readonly string[];
  /** Numbers, each after those that it depends on. */
  readonly forwards: readonly number[];
  /** Each before those that it depends on: so is a workflow's way the shortest, since the last jobs end last. */
  readonly backwards: readonly number[];
  /** The number of a job's id; undefined for an id of another workflow. */
  numberOf(jobId: string): number | undefined;
  numberOfName(name: string): number | undefined;
  /** Numbers of the jobs that wait for it. */
  dependants(number: number): readonly number[];
}

export function planOf(workflowId: string, jobs: readonly PlannedJob[]): Plan {
  const jobIds = jobs.map((_, number) => workflowJobId(workflowId, number));
  const byId = new Map(jobIds.map((jobId, number) => [jobId, number]));
  const byName = new Map(jobs.map(({ name }, number) => [name, number]));
  const dependants = dependantsOf(jobs);
  const { order } = sorted(jobs, dependants);
  return {
    jobs,
    jobIds,
    forwards: order,
    backwards: order.toReversed(),
    numberOf: (jobId) => byId.get(jobId),
    numberOfName: (name) => byName.get(name),
    dependants: (number) => dependants[number] ?? [],
  };
}

/** Numbers of jobs that wait for each other in a circle; undefined where there is no circle. */
export function circleIn(jobs: readonly Pick<PlannedJob, 'dependsOn'>[]): readonly number[] | undefined {
  const { order } = sorted(jobs, dependantsOf(jobs));
  if (order.length === jobs.length) return undefined;
  const rest = new Set(jobs.keys());
  for (const number of order) rest.delete(number);
  // Each of the rest waits for another one of the rest: following these leads into a circle.
  const way: number[] = [];
  for (let at = [...rest][0]; at !== undefined && !way.includes(at);) {
    way.push(at);
    at = jobs[at]?.dependsOn.find((dependency) => rest.has(dependency));
    if (at !== undefined && way.includes(at)) return way.slice(way.indexOf(at));
  }
  return way;
}

function dependantsOf(jobs: readonly Pick<PlannedJob, 'dependsOn'>[]): readonly (readonly number[])[] {
  const dependants: number[][] = jobs.map(() => []);
  for (const [number, { dependsOn }] of jobs.entries()) for (const dependency of dependsOn) dependants[dependency]?.push(number);
  return dependants;
}

/** Shorter than the list of jobs where some wait in a circle. */
function sorted(
  jobs: readonly Pick<PlannedJob, 'dependsOn'>[],
  dependants: readonly (readonly number[])[],
): { readonly order: readonly number[] } {
  const left = jobs.map(({ dependsOn }) => dependsOn.length);
  const order = left.flatMap((count, number) => (count === 0 ? [number] : []));
  for (let next = 0; next < order.length; next += 1) {
    for (const dependant of dependants[order[next] ?? -1] ?? []) {
      const count = (left[dependant] ?? 0) - 1;
      left[dependant] = count;
      if (count === 0) order.push(dependant);
    }
  }
  return { order };
}
