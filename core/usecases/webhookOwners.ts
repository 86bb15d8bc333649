/** The owners that have webhooks, as known for a few seconds: the jobs of all others cost nothing. */
import { monotonic } from '../clock.ts';
import type { Entries } from '../table/entries.ts';
import { webhooksKey } from '../webhook.ts';
import type { Core } from './core.ts';
import { webhookOwnersPlace, webhooksKind } from './webhooks.ts';

/** How long after an owner's first endpoint was created all processes know of it. */
export const ownersKnownAfterMs = 15_000;
const maxAgeMs = 4000;
/** Of 1,000 owners each. With more, every owner counts as one that may have some: checked when there is something to send. */
const maxPages = 5;

type Owners = ReadonlySet<string> | 'perhaps all';

const known = new WeakMap<Entries, { readonly askedAt: number; readonly owners: Promise<Owners> }>();

/** @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function mayHaveWebhooks({ table: { entries } }: Pick<Core, 'table'>, owner: string): Promise<boolean> {
  const last = known.get(entries);
  const owners = await (last !== undefined && monotonic() - last.askedAt < maxAgeMs ? last.owners : readNow(entries));
  return owners === 'perhaps all' || (owners.size > 0 && owners.has(webhooksKey(owner)));
}

/** Called after this process has changed who has webhooks. */
export function forgetWebhookOwners({ table }: Pick<Core, 'table'>): void {
  known.delete(table.entries);
}

function readNow(entries: Entries): Promise<Owners> {
  const reading = { askedAt: monotonic(), owners: readOwners(entries) };
  known.set(entries, reading);
  reading.owners.catch(() => {
    if (known.get(entries) === reading) known.delete(entries);
  });
  return reading.owners;
}

async function readOwners(entries: Entries): Promise<Owners> {
  const owners = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const { rows, next } = await entries.listKeys(webhooksKind, { place: webhookOwnersPlace, cursor, limit: 1000 });
    for (const { key } of rows) owners.add(key);
    if (next === undefined) return owners;
    cursor = next;
  }
  return 'perhaps all';
}
