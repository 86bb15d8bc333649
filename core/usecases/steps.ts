/**
 * What a handler keeps beside its job, by names of its own: an entry each, which the first writer makes and nobody changes.
 * They have no expiry, and go with the job's record. All of a job stand in one place, by which they are listed and removed.
 */
import { PermanentError } from '../errors.ts';
import type { Job } from '../job.ts';
import type { Place } from '../place.ts';
import { entryKey } from '../table/entries.ts';

/** In characters. */
export const maxStepNameLength = 128;

/** @throws {PermanentError} */
export function requireStepName(name: string): void {
  if (typeof name === 'string' && name !== '' && name.length <= maxStepNameLength && name.isWellFormed()) return;
  throw new PermanentError(`A name has 1 to ${maxStepNameLength} characters of well-formed Unicode, and ${JSON.stringify(name)} is none.`);
}

export type KeptKind = 'step' | 'sleep' | 'signal';

/** Of what the job keeps since it began from its start. */
export function keptKey({ jobId, stepsFrom = 1 }: Pick<Job, 'jobId' | 'stepsFrom'>, name: string): string {
  return entryKey(jobId, stepsFrom, name);
}

/** `at`: what orders those of a kind, in milliseconds. */
export function keptPlace({ jobId, stepsFrom = 1 }: Pick<Job, 'jobId' | 'stepsFrom'>, kind: KeptKind, at: number, name: string): Place {
  return { place: `kept#${jobId}`, rank: `${keptPrefix({ stepsFrom }, kind)}${String(Math.trunc(at)).padStart(15, '0')}#${name}` };
}

/** Of the ranks of a kind. */
export function keptPrefix({ stepsFrom = 1 }: Pick<Job, 'stepsFrom'>, kind: KeptKind): string {
  return `${stepsFrom}#${kind}#`;
}
