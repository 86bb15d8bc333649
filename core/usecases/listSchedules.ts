/** An owner's schedules, by their names, as a connection. */
import type { Schedule } from '../schedule/schedule.ts';
import { badInput } from '../text.ts';
import type { Core } from './core.ts';
import { listedKind, listPlace, listRank, scheduleKind } from './schedules.ts';

export interface SchedulePage {
  readonly edges: readonly { readonly cursor: string; readonly schedule: Schedule }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

export const defaultSchedulesPage = 20;
export const maxSchedulesPage = 100;

/** A cursor is a name's. @throws {JobError} `BAD_USER_INPUT`, `TABLE_UNAVAILABLE`. */
export async function listSchedules(
  { table }: Pick<Core, 'table'>,
  { owner, first = defaultSchedulesPage, after }: { readonly owner: string; readonly first?: number; readonly after?: string | undefined },
): Promise<SchedulePage> {
  if (!Number.isInteger(first) || first < 0 || first > maxSchedulesPage) throw badInput(`is 0 to ${maxSchedulesPage}`, ['first']);
  const from = after === undefined ? undefined : nameOf(after);
  const found: Schedule[] = [];
  let cursor: string | undefined;
  do {
    const query = { place: listPlace(owner), from, cursor, limit: 100 };
    const { rows, next } = await table.entries.listKeys(listedKind, query);
    const later = rows.filter(({ rank }) => rank !== from);
    const entries = await table.entries.getMany(
      scheduleKind,
      later.map(({ key }) => key),
    );
    // A schedule that is listed but does not exist was deleted, or is about to be created.
    found.push(...entries.flatMap((entry) => (entry?.value.owner === owner ? [entry.value] : [])));
    cursor = next;
  } while (cursor !== undefined && found.length <= first);
  const edges = found.slice(0, first).map((schedule) => ({ cursor: cursorOf(schedule), schedule }));
  const pageInfo = {
    hasNextPage: found.length > first,
    hasPreviousPage: after !== undefined,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  };
  return { edges, pageInfo };
}

const cursorOf = (schedule: Pick<Schedule, 'name'>): string => Buffer.from(listRank(schedule)).toString('base64url');

function nameOf(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (name === '' || cursorOf({ name }) !== cursor) throw badInput('is no cursor of this list', ['after']);
  return name;
}
