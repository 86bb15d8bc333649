/**
 * The heartbeats of workers: one entry per worker, which the worker rewrites at intervals and which expires when it stops. They
 * are only displayed: nothing about jobs is decided from them.
 */
import { z } from 'zod';
import { defineEntryKind } from '../table/entries.ts';
import type { Core } from './core.ts';

const worker = z.object({
  id: z.string(),
  /** The version of the program, from its settings. */
  version: z.string().optional(),
  /** The names of the types it has handlers for. */
  types: z.array(z.string()),
  slots: z.number(),
  /** Slots in use at its last heartbeat. */
  running: z.number(),
  /** When it began: milliseconds since the epoch, in the service's time. */
  since: z.number(),
});

export const workerKind = defineEntryKind('worker', worker);
export type WorkerInfo = Readonly<z.infer<typeof worker>>;

/** A heartbeat costs one write unit per KB of types; at this interval, some 130,000 units a month per worker. */
export const heartbeatMs = 20_000;
/** How long after its last heartbeat a dead worker still counts as running: three heartbeats may fail to be written. */
const heartbeatTtlMs = 3 * heartbeatMs + 10_000;

/** Their place in the index. */
export const workersPlace = 'workers';

type Deps = Pick<Core, 'table'>;

/** @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function writeHeartbeat({ table }: Deps, info: WorkerInfo): Promise<void> {
  const expiresAt = Math.ceil(((await table.time()).high + heartbeatTtlMs) / 1000);
  await table.entries.put(workerKind, { key: info.id, value: info, place: { place: workersPlace, rank: info.id }, expiresAt });
}

/** For a worker that has ended: removed from its place, and expired at once. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function endHeartbeats({ table }: Deps, info: WorkerInfo): Promise<void> {
  const expiresAt = Math.floor((await table.time()).low / 1000);
  await table.entries.put(workerKind, { key: info.id, value: info, expiresAt });
}
