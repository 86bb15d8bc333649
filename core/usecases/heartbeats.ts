/**
 * The heartbeats of workers: an entry each, which its worker writes again and again, and which is over when it no longer does.
 * They are for people: nothing that a job goes by is decided from them.
 */
import { z } from 'zod';
import { defineEntryKind } from '../table/entries.ts';
import type { Core } from './core.ts';

const worker = z.object({
  id: z.string(),
  /** Of the program, as its settings say. */
  version: z.string().optional(),
  /** The names of the types it has handlers for. */
  types: z.array(z.string()),
  slots: z.number(),
  /** Slots that were taken when it last told. */
  running: z.number(),
  /** When it began: milliseconds since the epoch, in the service's time. */
  since: z.number(),
});

export const workerKind = defineEntryKind('worker', worker);
export type WorkerInfo = Readonly<z.infer<typeof worker>>;

/** A heartbeat costs a write unit a KB of types; with this, some 130,000 units a month and worker. */
export const heartbeatMs = 20_000;
/** So long after its last heartbeat a worker that died counts as one that runs: three may fail to be written. */
const heartbeatTtlMs = 3 * heartbeatMs + 10_000;

/** Where they stand. */
export const workersPlace = 'workers';

type Deps = Pick<Core, 'table'>;

/** @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function writeHeartbeat({ table }: Deps, info: WorkerInfo): Promise<void> {
  const expiresAt = Math.ceil(((await table.time()).high + heartbeatTtlMs) / 1000);
  await table.entries.put(workerKind, { key: info.id, value: info, place: { place: workersPlace, rank: info.id }, expiresAt });
}

/** Of a worker that has ended: out of its place, and over at once. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function endHeartbeats({ table }: Deps, info: WorkerInfo): Promise<void> {
  const expiresAt = Math.floor((await table.time()).low / 1000);
  await table.entries.put(workerKind, { key: info.id, value: info, expiresAt });
}
