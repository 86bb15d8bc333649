/**
 * The contract of entries: small records beside the jobs (schedules, pauses, limits’ keys, heartbeats …), whatever engine
 * keeps them. An entry is of a kind, has a key, and is written as a whole under one condition. No counter, no lock, no
 * transaction: `changeEntry` is how a value that several write is changed.
 *
 * - Reads by key are strongly consistent. An entry whose `expiresAt` has come is as one that is not there.
 * - `version` is another text after every write, also where an entry was removed and created anew. A lost race is an
 *   answer, `{ ok: false, entry }` with the entry as it is. A write whose answer was lost is told from that by its version,
 *   unless somebody has written since: then it is answered as lost, and what is there now was decided upon it.
 * - An entry with a `place` stands in the index of places, see `core/place.ts`: listed in the order of ranks, both ways, with
 *   a cursor. On DynamoDB what is listed may lag behind what was written, on SQLite it never does.
 * - In DynamoDB an entry is one item: a write costs a unit a KB, and one more where it comes into a place or leaves one (two
 *   where its place or rank changes); a value ends at some 390 KB. A place takes 1,000 writes a second: spread a hot one.
 */
import type { z } from 'zod';
import type { ServiceTime } from '../clock.ts';
import type { Place, RankRange } from '../place.ts';

/**
 * A kind of entries: `defineEntryKind('schedule', z.object({ … }))`, once, beside its use. Values are JSON. What an entry
 * was written with is parsed when it is read: a field that came later needs a default, and one with any JSON is `anyJson`
 * of `jobType.ts`, since Zod's own drops keys.
 */
export interface EntryKind<Value> {
  /** Letters; stands in the item's key. */
  readonly name: string;
  readonly schema: z.ZodType<Value>;
}

export function defineEntryKind<Value>(name: string, schema: z.ZodType<Value>): EntryKind<Value> {
  return { name, schema };
}

/** One key of several parts, which no other parts spell, also where they hold odd text. */
export function entryKey(...parts: readonly (string | number)[]): string {
  return JSON.stringify(parts);
}

export interface EntryDraft<Value> {
  /** Among those of its kind; see `entryKey`. At most 1,900 bytes. */
  readonly key: string;
  readonly value: Value;
  /** Absent: it stands in no index. */
  readonly place?: Place | undefined;
  /** Seconds since the epoch, in the service's time; absent = it is kept until it is removed. */
  readonly expiresAt?: number | undefined;
}

export interface Entry<Value> extends EntryDraft<Value> {
  /** Of the write that made it what it is; compared for being the same, and nothing else. */
  readonly version: string;
}

export type EntryWrite<Value> =
  | { readonly ok: true; readonly entry: Entry<Value> }
  | { readonly ok: false; readonly entry: Entry<Value> | undefined };

export interface PlaceQuery extends RankRange {
  readonly place: string;
  /** Default: the lowest rank first. */
  readonly descending?: boolean | undefined;
  /** A page's `next`, of a query that differs in nothing but `limit`, or in a `below` that has grown. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface EntryPage<Value> {
  readonly entries: readonly Entry<Value>[];
  /** Where to go on; undefined at the end. A page may be short, or empty, and not the last. */
  readonly next: string | undefined;
}

export interface EntryKeyPage {
  readonly rows: readonly { readonly key: string; readonly rank: string }[];
  readonly next: string | undefined;
}

/** Errors: `TABLE_UNAVAILABLE` when the table does not answer; those of the kind's schema for an entry that does not fit. */
export interface Entries {
  get<Value>(kind: EntryKind<Value>, key: string): Promise<Entry<Value> | undefined>;
  /** In the order asked for; up to 100. @throws the signal's reason once it fired. */
  getMany<Value>(kind: EntryKind<Value>, keys: readonly string[], signal?: AbortSignal): Promise<readonly (Entry<Value> | undefined)[]>;
  /** Where there is none of that key; `ok: false` with the one there is. */
  create<Value>(kind: EntryKind<Value>, draft: EntryDraft<Value>): Promise<EntryWrite<Value>>;
  /** Replaces `known` by the draft, which has its key, if it is still as it was read. */
  replace<Value>(kind: EntryKind<Value>, known: Entry<Value>, draft: Omit<EntryDraft<Value>, 'key'>): Promise<EntryWrite<Value>>;
  /** Whatever there is: for entries that one process alone writes, as a heartbeat. */
  put<Value>(kind: EntryKind<Value>, draft: EntryDraft<Value>): Promise<Entry<Value>>;
  /** If it is still as it was read. `ok` also where it is gone already, whoever did it. */
  remove<Value>(kind: EntryKind<Value>, known: Entry<Value>): Promise<{ readonly ok: boolean }>;
  /** However it is; also where there is none. */
  drop(kind: EntryKind<unknown>, key: string): Promise<void>;
  /**
   * A page of those of one place, which are of one kind. Found by the index, then read: each is as it is now, in the order
   * of the index, and without those that have left the place or gone to another rank. Limit: 100.
   */
  list<Value>(kind: EntryKind<Value>, query: PlaceQuery): Promise<EntryPage<Value>>;
  /** The index alone, for who needs no value: keys and ranks, perhaps of entries that are gone or expired. Limit: 1000. */
  listKeys(kind: EntryKind<unknown>, query: PlaceQuery): Promise<EntryKeyPage>;
}

/** An entry as an engine keeps it. */
export interface RawEntry {
  /** Of its kind and its key. */
  readonly key: string;
  readonly version: string;
  readonly json: string;
  readonly place?: Place | undefined;
  readonly expiresAt?: number | undefined;
}

/** `absent`: or expired by `nowSeconds`. */
export type RawCondition =
  | { readonly kind: 'absent'; readonly nowSeconds: number }
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'none' };

/** What an engine does; the rest is the same for all. */
export interface RawEntries {
  /** Strongly consistent, in the order asked for. */
  read(keys: readonly string[], signal?: AbortSignal): Promise<readonly (RawEntry | undefined)[]>;
  put(entry: RawEntry, condition: RawCondition): Promise<{ readonly ok: boolean; readonly present: RawEntry | undefined }>;
  /** `ok` where there is none any more. Without a version: whatever there is. */
  remove(key: string, version: string | undefined): Promise<{ readonly ok: boolean }>;
  rows(query: PlaceQuery): Promise<EntryKeyPage>;
}

export interface EntriesDeps {
  readonly raw: RawEntries;
  readonly time: () => Promise<ServiceTime>;
  /** Another one each time, in all processes. */
  readonly newVersion: () => string;
}

/** What every engine's entries have in common: kinds, values, expiry. */
export function createEntries({ raw, time, newVersion }: EntriesDeps): Entries {
  const nowSeconds = async (): Promise<number> => Math.floor((await time()).low / 1000);

  async function read<Value>(kind: EntryKind<Value>, keys: readonly string[], signal?: AbortSignal) {
    const found = await raw.read(
      keys.map((key) => keyOf(kind, key)),
      signal,
    );
    const now = await nowSeconds();
    return found.map((entry) => (entry === undefined || isOver(entry, now) ? undefined : decoded(kind, entry)));
  }

  async function write<Value>(kind: EntryKind<Value>, draft: EntryDraft<Value>, condition: RawCondition): Promise<EntryWrite<Value>> {
    const { value, place, expiresAt } = draft;
    if (place !== undefined) requireWellFormed(place.place, place.rank);
    const entry = { ...draft, version: newVersion() };
    const json = JSON.stringify(value);
    const { ok, present } = await raw.put({ key: keyOf(kind, draft.key), version: entry.version, json, place, expiresAt }, condition);
    if (ok) return { ok, entry };
    const gone = present === undefined || isOver(present, await nowSeconds());
    return { ok, entry: gone ? undefined : decoded(kind, present) };
  }

  async function listKeys(kind: EntryKind<unknown>, query: PlaceQuery): Promise<EntryKeyPage> {
    const { rows, next } = await raw.rows(query);
    const prefix = keyOf(kind, '');
    return { rows: rows.map(({ key, rank }) => ({ key: key.slice(prefix.length), rank })), next };
  }

  return {
    async get(kind, key) {
      return (await read(kind, [key]))[0];
    },
    getMany: read,
    async create(kind, draft) {
      return write(kind, draft, { kind: 'absent', nowSeconds: await nowSeconds() });
    },
    replace: (kind, { key, version }, draft) => write(kind, { ...draft, key }, { kind: 'version', version }),
    async put(kind, draft) {
      const { ok, entry } = await write(kind, draft, { kind: 'none' });
      if (!ok) throw new Error('a write without a condition was refused');
      return entry;
    },
    remove: (kind, { key, version }) => raw.remove(keyOf(kind, key), version),
    async drop(kind, key) {
      await raw.remove(keyOf(kind, key), undefined);
    },
    listKeys,
    async list(kind, query) {
      const { rows, next } = await listKeys(kind, query);
      const found = await read(
        kind,
        rows.map(({ key }) => key),
      );
      const entries = found.filter((entry, index) => entry?.place?.place === query.place && entry.place.rank === rows[index]?.rank);
      return { entries: entries.filter((entry) => entry !== undefined), next };
    },
  };
}

function keyOf({ name }: Pick<EntryKind<unknown>, 'name'>, key: string): string {
  requireWellFormed(key);
  return `${name}#${key}`;
}

/** Engines keep UTF-8, in which all halves of surrogate pairs are one. */
function requireWellFormed(...texts: readonly string[]): void {
  for (const text of texts) if (!text.isWellFormed()) throw new Error('a key, place or rank is no well-formed Unicode: see `entryKey`');
}

function isOver({ expiresAt }: Pick<RawEntry, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

function decoded<Value>({ name, schema }: EntryKind<Value>, { key, version, json, place, expiresAt }: RawEntry): Entry<Value> {
  const value = schema.parse(JSON.parse(json));
  return { key: key.slice(name.length + 1), version, value, place, expiresAt };
}
