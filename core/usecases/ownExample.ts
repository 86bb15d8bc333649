/** A job type's example, changed so that a given owner may hand it in. */
import type { JsonValue } from '../job.ts';
import { anyJson, type JobType } from '../jobType.ts';
import { decodeJson } from '../json.ts';
import { ownUri, refusalOf, type ObjectAccess } from '../objectAccess.ts';
import { objectsNamedIn } from '../objectUri.ts';

/** Outputs that the owner may not write are moved into the owner's own folder. */
export function ownExample(access: ObjectAccess, owner: string, { params, example }: Pick<JobType, 'params' | 'example'>): JsonValue {
  const given = decodeJson(anyJson, JSON.stringify(example)) ?? {};
  const moved = new Map(
    objectsNamedIn(params, given)
      .filter(({ use, uri }) => use === 'written' && refusalOf(access, owner, use, uri) !== undefined)
      .map(({ uri }) => [uri, ownUri(owner, uri)]),
  );
  if (moved.size === 0) return given;
  const text = JSON.stringify(given, (_key, value: unknown) => (typeof value === 'string' ? (moved.get(value) ?? value) : value));
  return decodeJson(anyJson, text) ?? given;
}
