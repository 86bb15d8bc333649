/** The checks of a workflow before anything is written: its size first, then its shape, then each of its jobs. */
import { JobError } from '../errors.ts';
import type { JobPriority, JsonValue } from '../job.ts';
import { jsonSize } from '../jsonSize.ts';
import { badInput, requireText } from '../text.ts';
import type { JsonPath } from '../workflow/jsonPath.ts';
import { circleIn } from '../workflow/plan.ts';
import { maxEdges, maxParamsFrom, maxWorkflowJobs, type FailurePolicy, type ParamFrom, type PlannedJob } from '../workflow/workflow.ts';
import { checkResults, hasKeys } from './checkResults.ts';
import type { Core } from './core.ts';
import { checkedRequest, checkLimits, typeOf, type CreateJobRequest } from './recordJob.ts';

export interface WorkflowJobRequest {
  readonly name: string;
  readonly type: string;
  /** Not checked yet: as the client sent it. */
  readonly params?: JsonValue | undefined;
  readonly paramsFrom?: readonly ParamFromRequest[] | undefined;
  readonly dependsOn?: readonly string[] | undefined;
  readonly whenDependencyFails: FailurePolicy;
  readonly priority: JobPriority;
  readonly runAt?: number | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** Takes the value at `resultPath` of the result of `job`, one of its dependencies, to `path` of the params. */
export interface ParamFromRequest {
  readonly path: JsonPath;
  readonly job: string;
  readonly resultPath: JsonPath;
}

/** For the params of all jobs together. */
export const maxWorkflowParamsBytes = 4 * 1024 * 1024;
const maxPathLength = 20;
const jobName = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,63}$/u;

export interface CheckedJob extends Omit<PlannedJob, 'params'> {
  readonly value: JsonValue;
}

type Path = readonly (string | number)[];

/** @throws {JobError} `BAD_USER_INPUT`, `UNKNOWN_JOB_TYPE`, with the path. */
export function checkedJobs(
  core: Pick<Core, 'jobTypes' | 'settings'>,
  { owner, jobs, traceId }: { readonly owner: string; readonly jobs: readonly WorkflowJobRequest[]; readonly traceId: string },
): readonly CheckedJob[] {
  if (jobs.length === 0 || jobs.length > maxWorkflowJobs) throw badInput(`has 1 to ${maxWorkflowJobs} jobs`, ['jobs']);
  let edges = 0;
  let bytes = 0;
  for (const { dependsOn = [], params } of jobs) {
    edges += dependsOn.length;
    if (edges > maxEdges) throw badInput(`has at most ${maxEdges} dependencies of all jobs together`, ['jobs']);
    bytes += params === undefined ? 0 : jsonSize(params, Infinity, maxWorkflowParamsBytes).bytes;
    if (bytes > maxWorkflowParamsBytes)
      throw badInput(`has params of at most ${maxWorkflowParamsBytes} bytes of all jobs together`, ['jobs']);
  }
  const numbers = numbersOf(jobs);
  const shaped = jobs.map((job, index) => ({ job, path: ['jobs', index] as const, ...dependenciesOf(job, index, numbers) }));
  const circle = circleIn(shaped);
  if (circle !== undefined) {
    const names = circle.map((number) => jobs[number]?.name ?? '');
    throw badInput(`waits for itself: ${[...names.slice(0, 10), ...(names.length > 10 ? ['…'] : []), names[0]].join(' → ')}`, [
      'jobs',
      circle[0] ?? 0,
      'dependsOn',
    ]);
  }
  return shaped.map(({ job, path, dependsOn, paramsFrom }) =>
    checkedJob(core, { owner, traceId, jobs }, job, { path, dependsOn, paramsFrom }),
  );
}

function numbersOf(jobs: readonly WorkflowJobRequest[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [index, { name }] of jobs.entries()) {
    const path = ['jobs', index, 'name'];
    requireText(name, path);
    if (!jobName.test(name))
      throw badInput('has 1 to 64 letters, digits, “_”, “-” and “.”, and begins with a letter, a digit or “_”', path);
    if (numbers.has(name)) throw badInput('is the name of another job of this workflow', path);
    numbers.set(name, index);
  }
  return numbers;
}

function dependenciesOf(
  { dependsOn = [], paramsFrom = [] }: WorkflowJobRequest,
  index: number,
  numbers: ReadonlyMap<string, number>,
): { readonly dependsOn: number[]; readonly paramsFrom: ParamFrom[] } {
  const found = new Set<number>();
  for (const [place, name] of dependsOn.entries()) {
    const path = ['jobs', index, 'dependsOn', place];
    const number = numbers.get(name);
    if (number === undefined) throw badInput('is the name of no job of this workflow', path);
    if (number === index) throw badInput('is the job itself', path);
    if (found.has(number)) throw badInput('is named twice', path);
    found.add(number);
  }
  if (paramsFrom.length > maxParamsFrom) throw badInput(`has at most ${maxParamsFrom} values`, ['jobs', index, 'paramsFrom']);
  const taken = paramsFrom.map(({ path, job, resultPath }, place): ParamFrom => {
    const at = ['jobs', index, 'paramsFrom', place];
    const number = numbers.get(job);
    if (number === undefined || !found.has(number)) throw badInput('is none of the jobs that this one depends on', [...at, 'job']);
    if (path.length === 0 || path.length > maxPathLength) throw badInput(`has 1 to ${maxPathLength} steps`, [...at, 'path']);
    if (resultPath.length > maxPathLength) throw badInput(`has at most ${maxPathLength} steps`, [...at, 'resultPath']);
    requirePath(path, [...at, 'path']);
    requirePath(resultPath, [...at, 'resultPath']);
    return { path: [...path], job: number, resultPath: [...resultPath] };
  });
  return { dependsOn: [...found], paramsFrom: taken };
}

const maxIndex = 9999;

function requirePath(steps: JsonPath, path: Path): void {
  for (const [place, step] of steps.entries()) {
    if (typeof step === 'string') requireText(step, [...path, place]);
    else if (!Number.isInteger(step) || step < 0 || step > maxIndex) throw badInput(`is no index of 0 to ${maxIndex}`, [...path, place]);
  }
}

function checkedJob(
  core: Pick<Core, 'jobTypes' | 'settings'>,
  { owner, traceId, jobs }: { readonly owner: string; readonly traceId: string; readonly jobs: readonly WorkflowJobRequest[] },
  job: WorkflowJobRequest,
  { path, dependsOn, paramsFrom }: { readonly path: Path; readonly dependsOn: number[]; readonly paramsFrom: ParamFrom[] },
): CheckedJob {
  const { name, type, params, priority, runAt, tags, whenDependencyFails } = job;
  const request: CreateJobRequest = { owner, type, params, priority, runAt, tags, delaySeconds: 0, traceId };
  return within(path, () => {
    checkLimits(request);
    const types = { own: typeOf(core, type), of: (number: number) => core.jobTypes.find(jobs[number]?.type ?? '') };
    const checked = paramsFrom.length === 0 ? checkedRequest(core, request) : checkResults(core, request, types, paramsFrom);
    const { params: value, maxFailures, concurrencyKey, rateKey } = checked;
    return {
      name,
      type,
      priority,
      value,
      maxFailures,
      concurrencyKey,
      hasLateKeys: paramsFrom.length > 0 && hasKeys(types.own) ? true : undefined,
      rateKey,
      payloadHash: '',
      dependsOn,
      whenDependencyFails,
      paramsFrom: paramsFrom.length === 0 ? undefined : paramsFrom,
      runAt,
      tags: tags === undefined || tags.length === 0 ? undefined : [...new Set(tags)],
    };
  });
}

/** An error in one job, with its path within the whole input. */
function within<Checked>(path: Path, check: () => Checked): Checked {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    const inner = error.details.path ?? [];
    throw new JobError(
      error.code,
      { ...error.details, message: `${path.join('.')}.${error.message}`, path: [...path, ...inner] },
      { cause: error },
    );
  }
}
