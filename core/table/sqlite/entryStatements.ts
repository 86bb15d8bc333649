/** The statements of entries, and those that list a place, on one connection. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { z } from 'zod';
import { keptPlace } from '../../place.ts';
import type { PlaceQuery, RawCondition, RawEntry } from '../entries.ts';
import type { Done, PlacedOperation } from './operations.ts';

export interface EntryWrites {
  put(entry: RawEntry, condition: RawCondition): Done;
  remove(key: string, version: string | undefined): Done;
  /** The entries kept beside the records that `expire` deletes next: the same records, and as many. */
  expireKept(nowSeconds: number, limit: number): void;
}

const columns = 'key, version, place, rank, expiresAt, json';

export function createEntryWrites(database: DatabaseSync): EntryWrites {
  const find = database.prepare(`SELECT ${columns} FROM entries WHERE key = ?`);
  const put = database.prepare(`INSERT OR REPLACE INTO entries (${columns}) VALUES (?, ?, ?, ?, ?, ?)`);
  const remove = database.prepare('DELETE FROM entries WHERE key = ?');
  const expireKept = database.prepare(
    `DELETE FROM entries WHERE place IN (SELECT '${keptPlace('')}' || jobId FROM jobs WHERE id IN (SELECT id FROM jobs WHERE expiresAt <= ? LIMIT ?))`,
  );
  const read = (key: string): RawEntry | undefined => entryOf(find.get(key));

  return {
    put(entry, condition) {
      const present = condition.kind === 'none' ? undefined : read(entry.key);
      if (!holds(condition, present)) return { ok: false, texts: [textOf(present)] };
      const { key, version, place, expiresAt = null, json } = entry;
      put.run(key, version, place?.place ?? null, place?.rank ?? null, expiresAt, json);
      return { ok: true, texts: [] };
    },
    remove(key, version) {
      const present = read(key);
      if (version !== undefined && present !== undefined && present.version !== version) return { ok: false, texts: [] };
      remove.run(key);
      return { ok: true, texts: [] };
    },
    expireKept: (nowSeconds, limit) => void expireKept.run(nowSeconds, limit),
  };
}

export interface PlaceReads {
  readEntries(keys: readonly string[]): Done;
  /** Rows as JSON: `[rank, key]`. */
  listEntries(query: PlaceQuery): Done;
  /** Rows as JSON: `[rank, jobId]`. */
  listPlaced(query: PlacedOperation): Done;
}

export function createPlaceReads(database: DatabaseSync): PlaceReads {
  const get = database.prepare(`SELECT ${columns} FROM entries WHERE key = ?`);
  const position = z.tuple([z.string(), z.string()]);

  return {
    readEntries: (keys) => ({ ok: true, texts: keys.map((key) => textOf(entryOf(get.get(key)))) }),

    listEntries({ place, from, below, descending = false, cursor, limit }) {
      const where = new Map<string, SQLInputValue>([['place = ?', place]]);
      if (from !== undefined) where.set('rank >= ?', from);
      if (below !== undefined) where.set('rank < ?', below);
      const beyond = cursor === undefined ? [] : position.parse(JSON.parse(cursor));
      const direction = descending ? 'DESC' : 'ASC';
      const conditions = [...where.keys(), ...(cursor === undefined ? [] : [`(rank, key) ${descending ? '<' : '>'} (?, ?)`])];
      const statement = database.prepare(
        `SELECT rank, key FROM entries WHERE ${conditions.join(' AND ')} ORDER BY rank ${direction}, key ${direction} LIMIT ?`,
      );
      const rows = statement.all(...where.values(), ...beyond, limit);
      return { ok: true, texts: rows.map(({ rank, key }) => JSON.stringify([rank, key])) };
    },

    listPlaced({ place, descending = false, from, below, after, limit }) {
      const bounds = new Map<string, SQLInputValue>([['partition = ?', place]]);
      if (after !== undefined) bounds.set(`sort ${descending ? '<' : '>'} ?`, after);
      if (from !== undefined) bounds.set('sort >= ?', from);
      // Two bounds of the same kind would have the same key: the stricter one is used.
      if (below !== undefined && !(descending && after !== undefined && after <= below)) bounds.set('sort < ?', below);
      const statement = database.prepare(
        `SELECT sort, jobId FROM jobs WHERE ${[...bounds.keys()].join(' AND ')} ORDER BY sort ${descending ? 'DESC' : 'ASC'} LIMIT ?`,
      );
      const rows = statement.all(...bounds.values(), limit);
      return { ok: true, texts: rows.map(({ sort, jobId }) => JSON.stringify([sort, jobId])) };
    },
  };
}

/** One at a time, as they are stored. */
export function* allEntries(database: DatabaseSync): Generator<RawEntry, void, undefined> {
  for (const found of database.prepare(`SELECT ${columns} FROM entries ORDER BY key`).iterate()) {
    const entry = entryOf(found);
    if (entry !== undefined) yield entry;
  }
}

function holds(condition: RawCondition, present: RawEntry | undefined): boolean {
  switch (condition.kind) {
    case 'absent':
      return present === undefined || (present.expiresAt !== undefined && present.expiresAt <= condition.nowSeconds);
    case 'version':
      return present?.version === condition.version;
    case 'none':
      return true;
    default:
      return condition satisfies never;
  }
}

const row = z.object({
  key: z.string(),
  version: z.string(),
  place: z.string().nullable(),
  rank: z.string().nullable(),
  expiresAt: z.number().nullable(),
  json: z.string(),
});

function entryOf(found: Record<string, unknown> | undefined): RawEntry | undefined {
  if (found === undefined) return undefined;
  const { place, rank, expiresAt, ...entry } = row.parse(found);
  return { ...entry, place: place === null || rank === null ? undefined : { place, rank }, expiresAt: expiresAt ?? undefined };
}

function textOf(entry: RawEntry | undefined): string | null {
  return entry === undefined ? null : JSON.stringify(entry);
}
