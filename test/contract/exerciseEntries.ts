/** The promises of every table for its entries: small records beside the jobs. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { under } from '../../core/place.ts';
import { changeEntry } from '../../core/table/changeEntry.ts';
import { defineEntryKind, entryKey, type EntryDraft, type PlaceQuery } from '../../core/table/entries.ts';
import type { JobTable } from '../../core/table/jobTable.ts';

const note = defineEntryKind('note', z.object({ text: z.string(), count: z.number().default(0) }));
const other = defineEntryKind('other', z.object({ text: z.string() }));
type Note = z.infer<typeof note.schema>;

export function exerciseEntries(tableOf: () => JobTable): void {
  const own = (): string => entryKey(crypto.randomUUID());
  const draft = (changes: Partial<EntryDraft<Note>> = {}): EntryDraft<Note> => ({
    key: own(),
    value: { text: 'text', count: 1 },
    ...changes,
  });
  const seconds = (): number => Math.floor(Date.now() / 1000);

  describe('entries', () => {
    test('gives back what was written, and nothing of another kind', async () => {
      const { entries } = tableOf();
      const value = { text: 'ä ☃ 🙂 "#\\ \u0000', count: 1.5e300 };
      const created = await entries.create(note, draft({ key: entryKey('a#b', 1, '\ud800'), value, place: { place: 'x', rank: '#1' } }));
      if (!created.ok) throw new Error('it was not created');
      expect(await entries.get(note, created.entry.key)).toEqual({ ...created.entry, expiresAt: undefined });
      expect(created.entry).toMatchObject({ value, place: { place: 'x', rank: '#1' } });
      expect(await entries.get(other, created.entry.key)).toBeUndefined();
      expect(await entries.get(note, own())).toBeUndefined();
    });

    test('reads many in the order asked for, with gaps and doubles', async () => {
      const { entries } = tableOf();
      const [a, b] = [await entries.put(note, draft()), await entries.put(note, draft())];
      const found = await entries.getMany(note, [b.key, own(), a.key, b.key]);
      expect(found.map((entry) => entry?.key)).toEqual([b.key, undefined, a.key, b.key]);
      expect(await entries.getMany(note, [])).toEqual([]);
    });

    test('creates one of many at once, and answers the others with it', async () => {
      const { entries } = tableOf();
      const key = own();
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, count) => entries.create(note, draft({ key, value: { text: 'x', count } }))),
      );
      const winner = results.find(({ ok }) => ok)?.entry;
      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
      expect(results.every(({ entry }) => entry?.version === winner?.version)).toBe(true);
    });

    test('replaces what is still as it was read, and answers who was late with what is there', async () => {
      const { entries } = tableOf();
      const first = await entries.put(note, draft());
      const second = await entries.replace(note, first, { value: { text: 'second', count: 2 } });
      expect(second).toMatchObject({ ok: true, entry: { key: first.key, value: { text: 'second' } } });
      expect(await entries.replace(note, first, { value: { text: 'late', count: 3 } })).toEqual({
        ok: false,
        entry: { ...second.entry, place: undefined, expiresAt: undefined },
      });
      expect(await entries.replace(note, { ...first, key: own() }, { value: first.value })).toEqual({ ok: false, entry: undefined });
    });

    test('removes an entry that is as it was read; removing it twice does no harm, and a new one stays', async () => {
      const { entries } = tableOf();
      const first = await entries.put(note, draft());
      const second = await entries.put(note, first);
      expect(await entries.remove(note, first)).toEqual({ ok: false });
      expect(await entries.remove(note, second)).toEqual({ ok: true });
      expect(await entries.remove(note, second)).toEqual({ ok: true });
      const anew = await entries.create(note, first);
      expect(anew.ok).toBe(true);
      expect(await entries.remove(note, second)).toEqual({ ok: false });
      expect(await entries.replace(note, first, first)).toMatchObject({ ok: false, entry: { version: anew.entry?.version } });
    });

    test('takes one that has expired for one that is not there, and gives its key again', async () => {
      const { entries } = tableOf();
      const place = { place: own(), rank: '1' };
      const over = await entries.put(note, draft({ expiresAt: seconds() - 5, place }));
      const kept = await entries.put(note, draft({ expiresAt: seconds() + 100, place }));
      expect(await entries.getMany(note, [over.key, kept.key])).toEqual([undefined, kept]);
      await expect.poll(async () => (await entries.list(note, { place: place.place, limit: 10 })).entries).toEqual([kept]);
      expect(await entries.create(note, draft({ key: kept.key }))).toMatchObject({ ok: false });
      expect(await entries.create(note, draft({ key: over.key, expiresAt: seconds() + 50 }))).toMatchObject({ ok: true });
    });

    test('lists a place by rank in both directions, within bounds, page by page, each once', async () => {
      const { entries } = tableOf();
      const place = own();
      const ranks = ['a#1', 'a#2', 'a#2', 'b#1', 'b#1', 'b#1', 'b#\u{1F642}', 'b#\uFFFD', 'c'];
      for (const rank of ranks) await entries.put(note, draft({ place: { place, rank } }));
      await entries.put(note, draft({ place: { place: `${place}x`, rank: 'a' } }));
      const order = ['a#1', 'a#2', 'a#2', 'b#1', 'b#1', 'b#1', 'b#\uFFFD', 'b#\u{1F642}', 'c'];

      async function listed(query: Omit<PlaceQuery, 'place' | 'limit'>, limit: number): Promise<(string | undefined)[]> {
        const seen: { key: string; rank: string | undefined }[] = [];
        let cursor: string | undefined;
        do {
          const page = await entries.list(note, { ...query, place, cursor, limit });
          expect(page.entries.length).toBeLessThanOrEqual(limit);
          seen.push(...page.entries.map((entry) => ({ key: entry.key, rank: entry.place?.rank })));
          cursor = page.next;
        } while (cursor !== undefined);
        expect(new Set(seen.map(({ key }) => key)).size).toBe(seen.length);
        return seen.map(({ rank }) => rank);
      }

      await expect.poll(() => listed({}, 100)).toEqual(order);
      for (const limit of [1, 2, 3, 9]) {
        expect(await listed({}, limit)).toEqual(order);
        expect(await listed({ descending: true }, limit)).toEqual(order.toReversed());
        expect(await listed(under('b#'), limit)).toEqual(order.slice(3, 8));
        expect(await listed({ ...under('b#'), descending: true }, limit)).toEqual(order.slice(3, 8).toReversed());
        expect(await listed({ from: 'a#2', below: 'b#1' }, limit)).toEqual(['a#2', 'a#2']);
        expect(await listed({ from: 'b#1', below: 'b#1' }, limit)).toEqual([]);
        expect(await listed({ below: 'a#2' }, limit)).toEqual(['a#1']);
        expect(await listed({ from: 'c' }, limit)).toEqual(['c']);
      }
      const keys = await entries.listKeys(note, { place, limit: 100 });
      expect(keys.rows.map(({ rank }) => rank)).toEqual(order);
      expect(
        await entries.getMany(
          note,
          keys.rows.map(({ key }) => key),
        ),
      ).not.toContain(undefined);
    });

    test('lists one that moved where it stands now, and none that left', async () => {
      const { entries } = tableOf();
      const place = own();
      const [stays, moves, leaves, goes] = await Promise.all(
        ['1', '2', '3', '4'].map((rank) => entries.put(note, draft({ place: { place, rank } }))),
      );
      if (stays === undefined || moves === undefined || leaves === undefined || goes === undefined) throw new Error('not written');
      await entries.put(note, { ...moves, place: { place, rank: '0' } });
      await entries.put(note, { ...leaves, place: undefined });
      await entries.remove(note, goes);
      const listed = async () => (await entries.list(note, { place, limit: 10 })).entries.map(({ key }) => key);
      await expect.poll(listed).toEqual([moves.key, stays.key]);
    });

    test('changes a value that twenty write at once exactly once for each of them', async () => {
      const { entries } = tableOf();
      const key = own();
      const count = () =>
        changeEntry(entries, note, key, (entry) => ({ value: { text: 'counted', count: (entry?.value.count ?? 0) + 1 } }));
      await Promise.all(Array.from({ length: 20 }, count));
      expect((await entries.get(note, key))?.value.count).toBe(20);
      expect(await changeEntry(entries, note, key, () => 'keep')).toMatchObject({ value: { count: 20 } });
      expect(await changeEntry(entries, note, key, () => 'remove')).toBeUndefined();
      expect(await changeEntry(entries, note, key, () => 'remove')).toBeUndefined();
      expect(await entries.get(note, key)).toBeUndefined();
    });

    test('refuses a key that no engine keeps as it is', async () => {
      await expect(tableOf().entries.put(note, draft({ key: '\ud800' }))).rejects.toThrow('entryKey');
      await expect(tableOf().entries.put(note, draft({ place: { place: 'x', rank: '\ud800' } }))).rejects.toThrow('entryKey');
    });
  });
}
