/** Entries in this process, for tests of code that reads and writes them; `counts` says how often that was. */
import { systemClock } from '../../core/clock.ts';
import { createEntries, type Entries, type RawEntry } from '../../core/table/entries.ts';

export interface MemoryEntries extends Entries {
  readonly counts: { reads: number; writes: number };
}

export function memoryEntries(): MemoryEntries {
  const kept = new Map<string, RawEntry>();
  const counts = { reads: 0, writes: 0 };
  let versions = 0;
  const entries = createEntries({
    raw: {
      read(keys) {
        counts.reads += keys.length;
        return Promise.resolve(keys.map((key) => kept.get(key)));
      },
      put(entry, condition) {
        counts.writes += 1;
        const present = kept.get(entry.key);
        const fits =
          condition.kind === 'none' || (condition.kind === 'absent' ? present === undefined : present?.version === condition.version);
        if (fits) kept.set(entry.key, entry);
        return Promise.resolve({ ok: fits, present });
      },
      remove(key) {
        kept.delete(key);
        return Promise.resolve({ ok: true });
      },
      rows: () => Promise.resolve({ rows: [], next: undefined }),
    },
    time: () => Promise.resolve({ at: systemClock.now(), low: systemClock.now(), high: systemClock.now() }),
    newVersion: () => String((versions += 1)),
  });
  return { ...entries, counts };
}
