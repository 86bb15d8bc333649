/** The bulk operations of each creator, newest first, as a connection. */
import { badInput } from '../text.ts';
import { bulkKind, bulkListPlace, listedBulkKind, type BulkOperation } from './bulkOperations.ts';
import type { Core } from './core.ts';
import type { Page } from './listLogs.ts';

export const defaultBulkPage = 20;
export const maxBulkPage = 100;

export interface ListBulkOperationsRequest {
  readonly createdBy: string;
  readonly first?: number | undefined;
  readonly after?: string | undefined;
}

/** @throws {JobError} `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`. */
export async function listBulkOperations(
  { table: { entries } }: { readonly table: Pick<Core['table'], 'entries'> },
  { createdBy, first = defaultBulkPage, after }: ListBulkOperationsRequest,
): Promise<Page<BulkOperation>> {
  if (!Number.isInteger(first) || first < 0 || first > maxBulkPage) throw badInput(`is 0 to ${maxBulkPage}`, ['first']);
  const below = after === undefined ? undefined : idOf(after);
  const found: BulkOperation[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(first + 1 - found.length, maxBulkPage);
    const { rows, next } = await entries.listKeys(listedBulkKind, {
      place: bulkListPlace(createdBy),
      below,
      descending: true,
      cursor,
      limit,
    });
    const known = await entries.getMany(
      bulkKind,
      rows.map(({ key }) => key),
    );
    // An operation that is listed but does not exist is about to be created, or has expired.
    found.push(...known.flatMap((entry) => (entry?.value.createdBy === createdBy ? [entry.value] : [])));
    cursor = next;
  } while (cursor !== undefined && found.length <= first);
  const edges = found.slice(0, first).map((node) => ({ cursor: cursorOf(node.operationId), node }));
  const ends = { startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null };
  return { edges, pageInfo: { hasNextPage: found.length > first, hasPreviousPage: after !== undefined, ...ends } };
}

const prefix = 'bulk:';

const cursorOf = (operationId: string): string => Buffer.from(prefix + operationId).toString('base64url');

function idOf(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (/^bulk:\w{1,64}$/.test(text)) return text.slice(prefix.length);
  throw badInput('is no cursor of this list', ['after']);
}
