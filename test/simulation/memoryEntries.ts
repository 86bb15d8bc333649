/** What an engine does for entries, in memory: for simulations. Its index never lags. */
import type { RawEntries, RawEntry } from '../../core/table/entries.ts';
import { byRank } from '../../core/place.ts';

export function createMemoryEntries(): RawEntries {
  const entries = new Map<string, RawEntry>();
  return {
    read: (keys) => Promise.resolve(keys.map((key) => entries.get(key))),
    put(entry, condition) {
      const present = entries.get(entry.key);
      const isExpired = (now: number): boolean => present?.expiresAt !== undefined && present.expiresAt <= now;
      const ok =
        condition.kind === 'none' ||
        (condition.kind === 'absent' ? present === undefined || isExpired(condition.nowSeconds) : present?.version === condition.version);
      if (ok) entries.set(entry.key, entry);
      return Promise.resolve({ ok, present: ok ? undefined : present });
    },
    remove(key, version) {
      const present = entries.get(key);
      const ok = version === undefined || present === undefined || present.version === version;
      if (ok) entries.delete(key);
      return Promise.resolve({ ok });
    },
    rows({ place, from, below, descending = false, cursor, limit }) {
      const order = (a: { rank: string; key: string }, b: { rank: string; key: string }): number =>
        (byRank(a.rank, b.rank) || byRank(a.key, b.key)) * (descending ? -1 : 1);
      const rows = [...entries.values()]
        .flatMap(({ key, place: at }) => (at?.place === place ? [{ key, rank: at.rank }] : []))
        .filter(({ rank }) => (from === undefined || byRank(rank, from) >= 0) && (below === undefined || byRank(rank, below) < 0))
        .toSorted(order);
      const start = cursor === undefined ? 0 : rows.findIndex((row) => order(row, positionOf(cursor)) > 0);
      const page = start === -1 ? [] : rows.slice(start, start + limit);
      const last = page.at(-1);
      return Promise.resolve({ rows: page, next: last === undefined || page.length < limit ? undefined : cursorOf(last) });
    },
  };
}

const cursorOf = ({ rank, key }: { readonly rank: string; readonly key: string }): string => `${rank.length}#${rank}${key}`;

function positionOf(cursor: string): { readonly rank: string; readonly key: string } {
  const start = cursor.indexOf('#') + 1;
  const end = start + Number(cursor.slice(0, start - 1));
  return { rank: cursor.slice(start, end), key: cursor.slice(end) };
}
