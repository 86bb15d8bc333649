/**
 * The fields by which jobs wait for each other, as they are written after a look, and when a job ends, is retried or has been
 * announced. The rest of a write is up to its writer.
 *
 * An open job that still has to be announced (`tell`) is parked until then. So no process claims or parks it meanwhile, and the
 * process that has announced it ends the wait.
 */
import type { Job } from '../job.ts';
import type { Waiting } from '../waiting.ts';
import type { JobLook, Outcome, Wants, WorkflowLook } from './look.ts';
import type { Workflow } from './workflow.ts';

type Fields = Pick<Job, 'waitsFor' | 'cause' | 'tell' | 'waiting'>;
/** In the table's form: `null` removes a field, an absent one is unchanged. */
export type FieldChanges = { readonly [Name in keyof Fields]?: Fields[Name] | null } & { readonly generation?: number };

export type JobMove =
  | { readonly event: 'cancelForCause' | 'revive'; readonly touch?: undefined; readonly changes: FieldChanges }
  | { readonly touch: 'pass' | 'told'; readonly event?: undefined; readonly changes: FieldChanges };

export const waitsForJobs: Waiting = { reason: 'DEPENDENCIES' };

/** Whether others may wait for it: these are told of its ends and new starts. */
export function hasListeners({ workflow, parent }: Partial<Pick<Job, 'workflow' | 'parent'>>): boolean {
  return workflow !== undefined || parent !== undefined;
}

/** `next`: what it waits for once its dependencies are passed, such as its start; usually nothing. */
export function moveBehind(
  job: Pick<Job, 'version' | 'generation' | 'tell'>,
  look: Exclude<JobLook, { kind: 'nothing' | 'read' }>,
  next?: Waiting,
): JobMove {
  switch (look.kind) {
    case 'point':
      return { touch: 'pass', changes: { waitsFor: look.at } };
    case 'ready':
      return { touch: 'pass', changes: { waitsFor: null, ...(job.tell === undefined ? { waiting: next ?? null } : {}) } };
    case 'cancel':
      return { event: 'cancelForCause', changes: { ...endedChanges(job), cause: look.cause } };
    case 'revive':
      return { event: 'revive', changes: restartedChanges(job, look.at) };
    default:
      return look satisfies never;
  }
}

/** Written when all jobs that wait for it have been told. Undefined where there is nothing to tell. */
export function moveBehindTelling(job: Pick<Job, 'status' | 'tell' | 'waitsFor' | 'waiting'>, next?: Waiting): JobMove | undefined {
  if (job.tell === undefined) return undefined;
  if (job.status !== 'PENDING') return { touch: 'told', changes: { tell: null } };
  const isFree = job.waitsFor === undefined && job.waiting?.reason === 'DEPENDENCIES';
  return { touch: 'told', changes: { tell: null, waiting: isFree ? (next ?? null) : (job.waiting ?? null) } };
}

/** Part of the write that ends a job. */
export function endedChanges({ version }: Pick<Job, 'version'>): FieldChanges {
  return { waitsFor: null, tell: version + 1 };
}

/** Part of the write by which a handler gives its slot back until those jobs, its children, have ended. */
export function awaitingChanges({ version }: Pick<Job, 'version'>, first: string): FieldChanges {
  return { waitsFor: first, waiting: waitsForJobs, tell: version + 1 };
}

/** Part of the write that begins a new generation of an ended job. `at`: its first dependency, if it has any. */
export function restartedChanges(
  { version, generation }: Pick<Job, 'version' | 'generation'>,
  at: Wants['dependencies'][0] | undefined,
): FieldChanges {
  return { waitsFor: at ?? null, cause: null, waiting: waitsForJobs, tell: version + 1, generation: generation + 1 };
}

type WorkflowFields = Pick<Workflow, 'status' | 'version' | 'waitsFor' | 'cause' | 'tell'>;

/** The workflow as it is written behind a look; ids are numbers there. Undefined where nothing is. */
export function workflowBehind<Known extends WorkflowFields>(
  workflow: Known,
  look: Extract<WorkflowLook, { kind: 'point' | 'reopen' }> | Extract<Outcome, { kind: 'point' | 'end' }>,
  numberOf: (jobId: string) => number | undefined,
): Known {
  const version = workflow.version + 1;
  switch (look.kind) {
    case 'point':
      return { ...workflow, waitsFor: numberOf(look.at) };
    case 'reopen':
      return { ...workflow, status: 'RUNNING', version, tell: version, waitsFor: numberOf(look.at), cause: undefined };
    case 'end':
      return { ...workflow, status: look.status, version, tell: version, waitsFor: undefined, cause: look.cause };
    default:
      return look satisfies never;
  }
}
