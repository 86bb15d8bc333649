/** Entries as items of the table, each a put or a delete under one condition. */
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import type { RawCondition, RawEntries, RawEntry } from '../entries.ts';
import type { BatchGet } from './batchGet.ts';
import { encode, type Item } from './codec.ts';
import { entryItemKey, entryPlace, keyOfEntryItem, placeOfEntryItem } from './definition.ts';
import type { Condition, Items } from './items.ts';
import type { ReadPlace } from './places.ts';

export interface EntriesDeps {
  readonly items: Items;
  readonly batchGet: BatchGet;
  readonly readPlace: ReadPlace;
}

export function createRawEntries({ items, batchGet, readPlace }: EntriesDeps): RawEntries {
  return {
    async read(keys, signal) {
      const [only, ...others] = keys;
      const found = new Map<string, RawEntry>();
      const read =
        only !== undefined && others.length === 0 ? [await items.get(entryItemKey(only))] : await batchGet(keys.map(entryItemKey), signal);
      signal?.throwIfAborted();
      for (const item of read) {
        if (item === undefined) continue;
        const entry = decodeEntry(item);
        found.set(entry.key, entry);
      }
      return keys.map((key) => found.get(key));
    },

    async put(entry, condition) {
      const written = await items.put(encodeEntry(entry), conditionOf(condition));
      if (written.ok) return { ok: true, present: undefined };
      const present = written.present === undefined ? undefined : decodeEntry(written.present);
      return { ok: present?.version === entry.version, present };
    },

    async remove(key, version) {
      const known =
        version === undefined
          ? undefined
          : { expression: 'attribute_not_exists(pk) OR writeId = :version', values: { ':version': version } };
      return { ok: (await items.remove(entryItemKey(key), known)).ok };
    },

    async rows(query) {
      const { rows, next } = await readPlace({ ...query, place: entryPlace(query.place) });
      return { rows: rows.map(({ pk, rank }) => ({ key: keyOfEntryItem(pk), rank })), next };
    },
  };
}

function conditionOf(condition: RawCondition): Condition | undefined {
  switch (condition.kind) {
    case 'absent':
      return { expression: 'attribute_not_exists(pk) OR expiresAt <= :now', values: { ':now': condition.nowSeconds } };
    case 'version':
      return { expression: 'writeId = :version', values: { ':version': condition.version } };
    case 'none':
      return undefined;
    default:
      return condition satisfies never;
  }
}

/** The version is stored as `writeId`: readers of the stream take an item with a `version` for a job. */
export function encodeEntry({ key, version, json, place, expiresAt }: RawEntry): Item {
  const index = place === undefined ? {} : { place: entryPlace(place.place), rank: place.rank };
  return encode({ pk: entryItemKey(key), writeId: version, json, expiresAt, ...index });
}

const entryItem = z.object({
  pk: z.string(),
  writeId: z.string(),
  json: z.string(),
  place: z.string().optional(),
  rank: z.string().optional(),
  expiresAt: z.number().optional(),
});

function decodeEntry(item: Item): RawEntry {
  const { pk, writeId, json, place, rank, expiresAt } = entryItem.parse(unmarshall(item));
  return {
    key: keyOfEntryItem(pk),
    version: writeId,
    json,
    place: place === undefined || rank === undefined ? undefined : { place: placeOfEntryItem(place), rank },
    expiresAt,
  };
}
