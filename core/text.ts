/** Text from outside. Half a surrogate pair has no UTF-8: two keys that differ only in one would be stored as the same key. */
import { JobError } from './errors.ts';

/** @throws {JobError} `BAD_USER_INPUT`, with the path, for what is not well-formed Unicode. */
export function requireText(text: string, path: readonly (string | number)[]): string {
  if (!text.isWellFormed()) throw badInput('holds text that is not well-formed Unicode', path);
  return text;
}

/** What is wrong at a path of the input. */
export function badInput(problem: string, path: readonly (string | number)[]): JobError {
  // A path of a hundred steps is of no use in a message; `extensions.path` has all of it.
  const place = path.length > 8 ? `${path.slice(0, 8).join('.')}…` : path.join('.');
  return new JobError('BAD_USER_INPUT', { message: `${place} ${problem}.`, path });
}
