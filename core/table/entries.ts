/**
 * The contract of entries: small records beside the jobs (schedules, pauses, limits’ keys, heartbeats …), whatever engine keeps
 * them. An entry has a kind and a key, and is written as a whole under one condition. There is no counter, lock or transaction:
 * a value that several processes write is changed with `changeEntry`.
 *
 * - Reads by key are strongly consistent. An entry whose `expiresAt` has come counts as absent.
 * - `version` differs after every write, also where an entry was removed and created again. A lost race is an answer, `{ ok:
 *   false, entry }` with the entry as it is. A write whose answer was lost is recognised by its version, unless another process
 *   has written since: then it is answered as a lost race, and the present value was decided on the basis of it.
 * - An entry with a `place` stands in the index of places, see `core/place.ts`: listed in the order of ranks, in both
 * directions, with a cursor. On DynamoDB what is listed may lag behind what was written, on SQLite it never does.
 * - In DynamoDB an entry is one item: a write costs one unit per KB, and one more where it enters or leaves a place (two where
 *   its place or rank changes); a value may have some 390 KB. A place takes 1,000 writes a second: spread a busy one.
 */
import type { z } from 'zod';
import type { ServiceTime } from '../clock.ts';
import type { Place, RankRange } from '../place.ts';

/**
 * A kind of entries: `defineEntryKind('schedule', z.object({ … }))`, once, beside its use. Values are JSON. A value is parsed
 * when it is read: a field that was added later needs a default. For any JSON use `anyJson` of `jobType.ts`, since Zod's own
 * drops keys.
 */
export interface EntryKind<Value> {
  /** Letters; stands in the item's key. */
  readonly name: string;
  readonly schema: z.ZodType<Value>;
}

export function defineEntryKind<Value>(name: string, schema: z.ZodType<Value>): EntryKind<Value> {
  return { name, schema };
}

/** Joins several parts to one key. No other parts give the same key, whatever text they contain. */
export function entryKey(...parts: readonly (string | number)[]): string {
  return JSON.stringify(parts);
}

export interface EntryDraft<Value> {
  /** Unique within its kind; see `entryKey`. At most 1,900 bytes. */
  readonly key: string;
  readonly value: Value;
  /** Absent: it is in no index. */
  readonly place?: Place | undefined;
  /** Seconds since the epoch, in the service's time; absent = it is kept until it is removed. */
  readonly expiresAt?: number | undefined;
}

export interface Entry<Value> extends EntryDraft<Value> {
  /** The id of the write that made it so; only compared for equality. */
  readonly version: string;
}

export type EntryWrite<Value> =
  | { readonly ok: true; readonly entry: Entry<Value> }
  | { readonly ok: false; readonly entry: Entry<Value> | undefined };

export interface PlaceQuery extends RankRange {
  readonly place: string;
  /** Default: the lowest rank first. */
  readonly descending?: boolean | undefined;
  /** A page's `next`, of a query that is the same except for `limit`, or for a `below` that has grown. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface EntryPage<Value> {
  readonly entries: readonly Entry<Value>[];
  /** Where to continue; undefined at the end. A page may be short, or even empty, without being the last. */
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
  /** Creates it; `ok: false` with the existing entry where there is one. */
  create<Value>(kind: EntryKind<Value>, draft: EntryDraft<Value>): Promise<EntryWrite<Value>>;
  /** Replaces `known` by the draft of the same key, if the entry is still as it was read. */
  replace<Value>(kind: EntryKind<Value>, known: Entry<Value>, draft: Omit<EntryDraft<Value>, 'key'>): Promise<EntryWrite<Value>>;
  /** Overwrites whatever is there: for entries that only one process writes, such as a heartbeat. */
  put<Value>(kind: EntryKind<Value>, draft: EntryDraft<Value>): Promise<Entry<Value>>;
  /** Removes it if it is still as it was read. `ok` also where it is gone already. */
  remove<Value>(kind: EntryKind<Value>, known: Entry<Value>): Promise<{ readonly ok: boolean }>;
  /** Removes it in any state; also succeeds where there is none. */
  drop(kind: EntryKind<unknown>, key: string): Promise<void>;
  /**
   * A page of the entries of one place, which are of one kind. Found by the index, then read: each is as it is now, in the
   * order of the index. Those that have left the place or changed their rank are left out. Limit: 100.
   */
  list<Value>(kind: EntryKind<Value>, query: PlaceQuery): Promise<EntryPage<Value>>;
  /** The index alone, for callers that need no value: keys and ranks, perhaps of entries that are gone or expired. Limit: 1000. */
  listKeys(kind: EntryKind<unknown>, query: PlaceQuery): Promise<EntryKeyPage>;
}

/** An entry as an engine keeps it. */
export interface RawEntry {
  /** Consists of its kind and its key. */
  readonly key: string;
  readonly version: string;
  readonly json: string;
  readonly place?: Place | undefined;
  readonly expiresAt?: number | undefined;
}

/** `absent`: there is none, or it expired by `nowSeconds`. */
export type RawCondition =
  | { readonly kind: 'absent'; readonly nowSeconds: number }
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'none' };

/** What an engine implements; the rest is the same for all engines. */
export interface RawEntries {
  /** Strongly consistent, in the order asked for. */
  read(keys: readonly string[], signal?: AbortSignal): Promise<readonly (RawEntry | undefined)[]>;
  put(entry: RawEntry, condition: RawCondition): Promise<{ readonly ok: boolean; readonly present: RawEntry | undefined }>;
  /** `ok` where there is none any more. Without a version: in any state. */
  remove(key: string, version: string | undefined): Promise<{ readonly ok: boolean }>;
  rows(query: PlaceQuery): Promise<EntryKeyPage>;
}

export interface EntriesDeps {
  readonly raw: RawEntries;
  readonly time: () => Promise<ServiceTime>;
  /** A different one each time, in all processes. */
  readonly newVersion: () => string;
}

/** What all engines' entries share: kinds, values, expiry. */
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

/** Engines store UTF-8, in which every half of a surrogate pair becomes the same character. */
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
