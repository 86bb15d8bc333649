/** The header `Idempotency-Key`: which field of a request it applies to. */
import { Kind, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';
import { JobError } from '../core/errors.ts';
import type { ApiContext } from './context.ts';

/** Fields that take a key. Of a field that takes several jobs, each input has its own. */
const takesKey: ReadonlyMap<string, 'one' | 'several'> = new Map([
  ['createJob', 'one'],
  ['createJobs', 'several'],
  ['createBulkOperation', 'one'],
]);

/**
 * One header cannot be the key of several jobs: the second would be taken for a repetition of the first.
 * @throws {JobError} `BAD_USER_INPUT`.
 */
export function requireUnambiguousKey({ idempotencyKey }: ApiContext, { operation, fragments }: GraphQLResolveInfo): void {
  if (idempotencyKey === undefined) return;
  const creating = rootFieldNames(operation.selectionSet, fragments).flatMap((name) => takesKey.get(name) ?? []);
  if (creating.length === 1 && creating[0] === 'one') return;
  throw new JobError('BAD_USER_INPUT', {
    message: 'The header Idempotency-Key is for a request with one createJob; use the field idempotencyKey of each input here.',
    path: ['idempotencyKey'],
  });
}

/** @throws {JobError} `BAD_USER_INPUT` where field and header disagree. */
export function keyMeant(fieldKey: string | undefined, headerKey: string | undefined): string | undefined {
  if (headerKey === undefined || fieldKey === undefined || fieldKey === headerKey) return fieldKey ?? headerKey;
  throw new JobError('BAD_USER_INPUT', {
    message: 'The field idempotencyKey and the header Idempotency-Key differ: send one of them, or the same in both.',
    path: ['idempotencyKey'],
  });
}

function rootFieldNames({ selections }: SelectionSetNode, fragments: GraphQLResolveInfo['fragments']): readonly string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection.name.value];
    const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
    return inner === undefined ? [] : rootFieldNames(inner.selectionSet, fragments);
  });
}
