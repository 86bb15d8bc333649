/** How a write changes a record: the state machine decides whether it may, this what it becomes. */
import { isFinal, type Job } from '../../job.ts';
import { placeOf } from '../../place.ts';
import { transitionOf, type TransitionEvent } from '../../transitions.ts';
import type { Changes, TransitionInput } from '../jobTable.ts';
import type { Row, Stamp } from './operations.ts';

export function afterTransition(
  job: Job,
  event: TransitionEvent,
  { facts, attempt, error, keptHistory = job.history, changes = {} }: TransitionInput,
  { writeId, expiresAt }: Stamp,
): Job {
  const { to } = transitionOf(event);
  const { at } = facts.now;
  const version = job.version + 1;
  return {
    ...changed(job, error === undefined ? changes : { ...changes, error }),
    waiting: changes.waiting ?? undefined,
    tell: changes.tell ?? undefined,
    status: to,
    version,
    history: [...keptHistory, { version, status: to, at, attempt, error }],
    updatedAt: at,
    expiresAt: isFinal(to) ? expiresAt : undefined,
    writeId,
  };
}

export function afterTouch(job: Job, changes: Changes, writeId: string): Job {
  return { ...changed(job, changes), writeId };
}

export function rowOf(job: Job): Row {
  const { jobId, owner, type, status, error, tags = [], expiresAt = null } = job;
  const isOver = isFinal(status);
  const place = placeOf(job);
  return {
    jobId,
    owner,
    type,
    outcome: isOver ? status : null,
    partition: place?.place ?? null,
    sort: place?.rank ?? null,
    expiresAt: isOver ? expiresAt : null,
    running: status === 'PROCESSING' ? 1 : null,
    errorCode: error?.code ?? null,
    tags,
    record: JSON.stringify(job),
  };
}

/** `null` removes a field: JSON leaves out what is undefined. An absent field is unchanged. */
function changed(job: Job, { leaseExpiresAt, ...changes }: Changes): Job {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const next: Job = Object.assign({ ...job }, Object.fromEntries(given.map(([name, value]) => [name, value ?? undefined])));
  if (leaseExpiresAt === undefined || next.claim === undefined) return next;
  return { ...next, claim: { ...next.claim, expiresAt: leaseExpiresAt } };
}
