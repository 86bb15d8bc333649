/** Changes an entry that several write: read, decide, write, and again while somebody else was faster. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../backoff.ts';
import { JobError } from '../errors.ts';
import type { Entries, Entry, EntryDraft, EntryKind } from './entries.ts';

/** What is to become of an entry: itself written anew, nothing, or no entry at all. */
export type EntryChange<Value> = Omit<EntryDraft<Value>, 'key'> | 'keep' | 'remove';

const backoff = { baseMs: 4, maxMs: 60 };
/** Some seconds: a hundred writers of one entry come through in fewer. */
const maxTries = 100;

/**
 * `decide` is asked with the entry as it is, undefined where there is none, and perhaps several times: it does nothing but
 * decide. Rarely a change is made twice: where its answer was lost, and others have written since. So let it set, not add.
 * What it throws ends the change. Answers the entry as it then is.
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
