/** Whether the objects that a job names are its owner's to read and write: asked whenever params are taken in. */
import type { JsonValue } from '../job.ts';
import type { JobType } from '../jobType.ts';
import { refusalOf, type ObjectAccess } from '../objectAccess.ts';
import { objectsNamedIn } from '../objectUri.ts';
import { badInput } from '../text.ts';

/** `params`: as their type parsed them. @throws {JobError} `BAD_USER_INPUT` with the path of the first that is not. */
export function checkObjects(access: ObjectAccess, owner: string, type: Pick<JobType, 'params'>, params: JsonValue): void {
  for (const { path, uri, use } of objectsNamedIn(type.params, params)) {
    const refusal = refusalOf(access, owner, use, uri);
    if (refusal !== undefined) throw badInput(refusal, ['params', ...path]);
  }
}
