/** Making children and waiting for them: functions of a handler's context, for one run. */
import { JobError, PermanentError } from '../core/errors.ts';
import type { ChildRequest, EndedJob, HandlerContext } from '../core/handler.ts';
import { isFinal, type Job } from '../core/job.ts';
import { createJobTypes } from '../core/jobType.ts';
import {
  childId,
  createChild,
  expectChildren,
  maxChildren,
  maxDepth,
  ofPresentGeneration,
  readChildren,
  type ChildrenDeps,
} from '../core/usecases/children.ts';
import { endedJobs } from '../core/usecases/endedJobs.ts';
import { createUsedNames } from '../core/usecases/usedNames.ts';
import type { Claimed } from './claim.ts';
import type { WorkerParts } from './parts.ts';
import type { Suspension } from './suspension.ts';
import type { Keeping } from './waits.ts';
import { untilAnswered } from './untilAnswered.ts';

export type Children = Pick<HandlerContext, 'createJob' | 'waitFor' | 'runJob'>;

export interface ChildrenOptions {
  readonly suspension: Suspension;
  readonly keeping: Keeping;
  /** Fires when the run must end, whatever it waits for. */
  readonly signal: AbortSignal;
}

export function createChildren(
  parts: WorkerParts,
  { job, claimId, log }: Claimed,
  { suspension, keeping, signal }: ChildrenOptions,
): Children {
  const use = createUsedNames();
  let made = 0;
  let expecting: Promise<void> | undefined;
  let deps: ChildrenDeps | undefined;
  /** Made once, where there are children: most runs have none. */
  const childrenDeps = (): ChildrenDeps => (deps ??= childrenDepsOf(parts));
  const onAway = (error: Error): void => log.warn({ error }, 'the table does not answer a handler; asking again');
  const asked = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => untilAnswered(parts, { ask, signal, onAway });

  async function create(name: string, { type, params, priority = job.priority, tags }: ChildRequest): Promise<Job> {
    use('child', name);
    if (made >= maxChildren) throw new PermanentError(`A job has at most ${maxChildren} children.`);
    if ((job.parent?.depth ?? 0) >= maxDepth) throw new PermanentError(`Children of children go at most ${maxDepth} levels deep.`);
    made += 1;
    if (job.hasChildren !== true) await (expecting ??= expect());
    try {
      return await asked(() => createChild(childrenDeps(), job, name, { type, params, priority, tags }));
    } catch (error) {
      if (!(error instanceof JobError) || (error.code !== 'BAD_USER_INPUT' && error.code !== 'UNKNOWN_JOB_TYPE')) throw error;
      throw new PermanentError(`The child "${name}" cannot be created: ${error.message}`, { cause: error });
    }
  }

  /** Recorded first, so that however the run ends, it is known that there may be children. */
  async function expect(): Promise<void> {
    keeping.children = true;
    if (!(await asked(() => expectChildren(parts.core, job, claimId)))) throw new Error('the claim is not held any more');
  }

  async function ended(names: readonly string[]): Promise<readonly EndedJob[]> {
    const children = await asked(() => readChildren(parts.core, job, names));
    const missing = children.indexOf(undefined);
    if (missing !== -1) throw new PermanentError(`There is no child "${names[missing] ?? ''}": create it before you wait for it.`);
    const there: Job[] = [];
    for (const child of children) {
      if (child !== undefined) there.push(await asked(() => ofPresentGeneration(childrenDeps(), job, child)));
    }
    const open = there.filter(({ status }) => !isFinal(status));
    if (open.length > 0) {
      // Last first: they begin roughly in order, so when the last one has ended, most have.
      const jobIds = open.map(({ jobId }) => jobId).toReversed();
      suspension.wait({ waiting: { reason: 'DEPENDENCIES' }, jobIds, isOver: () => Promise.resolve(false) });
    }
    return asked(() => endedJobs(parts.core, there));
  }

  return {
    createJob: (name, request) =>
      suspension.during(async () => {
        await create(name, request);
        return { jobId: childId(job, name) };
      }),
    waitFor: (names) =>
      suspension.during(async () => {
        const children = await ended(names);
        return namedBy(names, children);
      }),
    runJob: (name, request) =>
      suspension.during(async () => {
        await create(name, request);
        const [child] = await ended([name]);
        if (child?.status === 'SUCCEEDED') return child.result ?? null;
        throw new PermanentError(
          `The child "${name}" ended ${child?.status ?? ''}: ${child?.error?.message ?? 'job ' + childId(job, name)}`,
        );
      }),
  };
}

function namedBy<Name extends string>(names: readonly Name[], children: readonly EndedJob[]): Readonly<Record<Name, EndedJob>> {
  const named: Partial<Record<Name, EndedJob>> = {};
  for (const [index, name] of names.entries()) Object.defineProperty(named, name, { value: children[index], enumerable: true });
  return requireAll(named, names);
}

function requireAll<Name extends string>(named: Partial<Record<Name, EndedJob>>, names: readonly Name[]): Record<Name, EndedJob> {
  if (!hasAll(named, names)) throw new Error('a child that has ended is missing');
  return named;
}

function hasAll<Name extends string>(named: Partial<Record<Name, EndedJob>>, names: readonly Name[]): named is Record<Name, EndedJob> {
  return names.every((name) => named[name] !== undefined);
}

function childrenDepsOf({ core, settings, handlers }: WorkerParts): ChildrenDeps {
  return { ...core, settings, jobTypes: createJobTypes([...handlers.values()].map(({ type }) => type)) };
}
