/**
 * Marks the jobs of an owner whose first endpoint came after them, so that their transitions are told from then on. It runs
 * twice through what is open: when an endpoint is created, and once more when all processes know that the owner has one; then
 * also through what was created meanwhile, by processes that did not know it yet. Its progress is kept in an entry, which a
 * timer finds: if a process dies in the middle, another continues.
 */
import { encodeTime } from 'ulid';
import { z } from 'zod';
import { monotonic } from '../clock.ts';
import { JobError } from '../errors.ts';
import { isFinal, type Job } from '../job.ts';
import { dueRank } from '../place.ts';
import { defineEntryKind, type Entry, type EntryWrite } from '../table/entries.ts';
import { clockLeewayMs, type WebhookEndpoint } from '../webhook.ts';
import type { Core } from './core.ts';
import { readEach } from './readEach.ts';
import { ownersKnownAfterMs } from './webhookOwners.ts';

type Deps = Pick<Core, 'table' | 'log'>;

/** By the endpoint's id. */
const trackingKind = defineEntryKind(
  'webhookTracking',
  z.object({
    owner: z.string(),
    /** When the endpoint was created: milliseconds since the epoch, in the service's time. */
    since: z.number(),
    pass: z.enum(['first', 'again', 'created since']),
    /** The progress of this pass: the last job that was looked at. */
    beyond: z.string().optional(),
  }),
);
type Tracking = z.infer<typeof trackingKind.schema>;

const place = 'webhookTracking';
const pageSize = 100;
/** While its client waits. */
const inlineMs = 1000;

/** @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function trackForWebhook(
  core: Deps,
  owner: string,
  { endpointId, since }: Pick<WebhookEndpoint, 'endpointId' | 'since'>,
): Promise<void> {
  const value: Tracking = { owner, since, pass: 'first' };
  const entry = await core.table.entries.put(trackingKind, { key: endpointId, value, place: placeAt(since, endpointId) });
  await goOn(core, entry, monotonic() + inlineMs);
}

/** Continues all whose time has come. Begins no further page after `forMs`. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function trackForWebhooks(core: Deps, forMs = Infinity): Promise<void> {
  const until = monotonic() + forMs;
  const { low } = await core.table.time();
  let cursor: string | undefined;
  do {
    const { entries, next } = await core.table.entries.list(trackingKind, { place, below: dueRank(low), cursor, limit: pageSize });
    for (const entry of entries) if (monotonic() < until) await goOn(core, entry, until);
    cursor = next;
  } while (cursor !== undefined && monotonic() < until);
}

function placeAt(at: number, endpointId: string) {
  return { place, rank: dueRank(at, endpointId) };
}

async function goOn(core: Deps, begun: Entry<Tracking>, until: number): Promise<void> {
  let entry: Entry<Tracking> | undefined = begun;
  while (entry !== undefined && monotonic() < until) {
    const { owner, since, pass, beyond }: Tracking = entry.value;
    const isRecent = pass === 'created since';
    const jobIds = await core.table.listOwned({
      owner,
      status: isRecent ? undefined : ['PENDING', 'PROCESSING'],
      from: isRecent ? encodeTime(Math.max(0, since - 2 * clockLeewayMs), 10) : undefined,
      newestFirst: false,
      beyond,
      limit: pageSize,
    });
    const { jobs } = await readEach(
      core,
      jobIds.map((jobId) => ({ jobId })),
    );
    for (const job of jobs) await track(core, job, since);
    const isLast = jobIds.length < pageSize;
    if (isLast && isRecent) return void (await core.table.entries.remove(trackingKind, entry));
    const next: Tracking = isLast
      ? { owner, since, pass: pass === 'first' ? 'again' : 'created since' }
      : { owner, since, pass, beyond: jobIds.at(-1) };
    const at: number = next.pass === 'first' ? since : since + ownersKnownAfterMs;
    // Refused: another process continues it.
    const written: EntryWrite<Tracking> = await core.table.entries.replace(trackingKind, entry, {
      value: next,
      place: placeAt(at, entry.key),
    });
    if (!written.ok) return;
    // The second pass waits for its time.
    entry = isLast && pass === 'first' ? undefined : written.entry;
  }
}

/** Transitions before the endpoint count as delivered. @throws {JobError} `TABLE_UNAVAILABLE`. */
async function track({ table }: Deps, found: Job, since: number): Promise<void> {
  for (let job: Job | undefined = found; job !== undefined && job.webhookVersion === undefined;) {
    const { jobId, status, version, tell, writeId }: Job = job;
    const webhookVersion: number = job.history.findLast(({ at }) => at < since - clockLeewayMs)?.version ?? 0;
    if (isFinal(status) && webhookVersion === version) return;
    const written = await table.touch('tellWebhooks', jobId, { version, status, tell, writeId }, { webhookVersion });
    if (written.ok) return;
    if (written.job?.writeId === writeId) throw new JobError('TABLE_UNAVAILABLE', { jobId });
    job = written.job;
  }
}
