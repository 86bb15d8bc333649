/** Entries in rows of the file. */
import type { RawEntries } from '../entries.ts';
import { readEntry, readPosition } from './records.ts';
import type { TableThreads } from './threads.ts';

export function createRawEntries({ write, read }: Pick<TableThreads, 'write' | 'read'>): RawEntries {
  return {
    async read(keys, signal) {
      signal?.throwIfAborted();
      const { texts } = await read({ kind: 'readEntries', keys });
      return texts.map((text) => (text === null ? undefined : readEntry(text)));
    },

    async put(entry, condition) {
      const { ok, texts } = await write({ kind: 'putEntry', entry, condition });
      const [text] = texts;
      return { ok, present: text === undefined || text === null ? undefined : readEntry(text) };
    },

    async remove(key, version) {
      const { ok } = await write({ kind: 'removeEntry', key, version });
      return { ok };
    },

    async rows(query) {
      const { texts } = await read({ kind: 'listEntries', query });
      const rows = texts.filter((text) => text !== null);
      return {
        rows: rows.map((text) => {
          const [rank, key] = readPosition(text);
          return { key, rank };
        }),
        next: rows.length < query.limit ? undefined : rows.at(-1),
      };
    },
  };
}
