/** Changes an entry that several processes write: read, decide, write, and again when another process was faster. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../backoff.ts';
import { JobError } from '../errors.ts';
import type { Entries, Entry, EntryDraft, EntryKind } from './entries.ts';

/** What the entry becomes: a new value, unchanged, or no entry at all. */
export type EntryChange<Value> = Omit<EntryDraft<Value>, 'key'> | 'keep' | 'remove';

const backoff = { baseMs: 4, maxMs: 60 };
/** Takes some seconds: a hundred writers of one entry need fewer tries. */
const maxTries = 100;

/**
 * `decide` is called with the entry as it is, undefined where there is none, perhaps several times; it must only decide. A
 * change may rarely be made twice: when its answer was lost and others have written since. So set values, do not add to them.
 * If `decide` throws, the change ends. Returns the entry as it then is.
 * @throws {JobError} `TABLE_UNAVAILABLE`, also where others were faster too often.
 */
export async function changeEntry<Value>(
  entries: Pick<Entries, 'get' | 'create' | 'replace' | 'remove'>,
  kind: EntryKind<Value>,
  key: string,
  decide: (entry: Entry<Value> | undefined) => EntryChange<Value>,
  random: () => number = Math.random,
): Promise<Entry<Value> | undefined> {
  let entry = await entries.get(kind, key);
  for (let tries = 1; tries <= maxTries; tries += 1) {
    const change = decide(entry);
    if (change === 'keep' || (change === 'remove' && entry === undefined)) return entry;
    if (change === 'remove') {
      if (entry === undefined || (await entries.remove(kind, entry)).ok) return undefined;
      entry = await entries.get(kind, key);
    } else {
      const written = entry === undefined ? await entries.create(kind, { ...change, key }) : await entries.replace(kind, entry, change);
      if (written.ok) return written.entry;
      entry = written.entry;
    }
    await sleep(backoffMs(backoff, tries, random));
  }
  throw new JobError(
    'TABLE_UNAVAILABLE',
    {},
    { cause: new Error(`an entry of kind ${kind.name} was changed ${maxTries} times meanwhile`) },
  );
}
