/** Checks that the objects which a job names may be read and written by its owner: called whenever params are accepted. */
import type { JsonValue } from '../job.ts';
import type { JobType } from '../jobType.ts';
import { refusalOf, type ObjectAccess } from '../objectAccess.ts';
import { objectsNamedIn } from '../objectUri.ts';
import { badInput } from '../text.ts';

/** `params`: as their type parsed them. @throws {JobError} `BAD_USER_INPUT` with the path of the first one that may not. */
export function checkObjects(access: ObjectAccess, owner: string, type: Pick<JobType, 'params'>, params: JsonValue): void {
  for (const { path, uri, use } of objectsNamedIn(type.params, params)) {
    const refusal = refusalOf(access, owner, use, uri);
    if (refusal !== undefined) throw badInput(refusal, ['params', ...path]);
  }
}
