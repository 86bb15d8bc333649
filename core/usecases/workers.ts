/**
 * The workers that run, by their heartbeats: an entry each, which its worker writes again and again, and which is over when
 * it no longer does. It is for people: nothing that a job goes by is decided from it.
 */
import { z } from 'zod';
import type { Monotonic } from '../clock.ts';
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
export const heartbeatTtlMs = 3 * heartbeatMs + 10_000;

const place = 'workers';
const pageSize = 100;
/** Those beyond are not read: what is shown costs no more than that. */
const mostRead = 1000;

type Deps = Pick<Core, 'table'>;

/** @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function writeHeartbeat({ table }: Deps, info: WorkerInfo): Promise<void> {
  const expiresAt = Math.ceil(((await table.time()).high + heartbeatTtlMs) / 1000);
  await table.entries.put(workerKind, { key: info.id, value: info, place: { place, rank: info.id }, expiresAt });
}

/** Of a worker that has ended: out of its place, and over at once. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function endHeartbeats({ table }: Deps, info: WorkerInfo): Promise<void> {
  const expiresAt = Math.floor((await table.time()).low / 1000);
  await table.entries.put(workerKind, { key: info.id, value: info, expiresAt });
}

/** By their ids; the first thousand. A read unit each, and half a one a hundred. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function listWorkers({ table }: Deps): Promise<readonly WorkerInfo[]> {
  const workers: WorkerInfo[] = [];
  let cursor: string | undefined;
  for (let read = 0; read < mostRead; read += pageSize) {
    const { entries, next } = await table.entries.list(workerKind, { place, cursor, limit: pageSize });
    workers.push(...entries.map(({ value }) => value));
    if (next === undefined) break;
    cursor = next;
  }
  return workers;
}

export interface WorkerView {
  /** Whether a worker that runs has a handler for the type, as it was a moment ago. @throws {JobError} `TABLE_UNAVAILABLE`. */
  knowsType(type: string): Promise<boolean>;
}

/** However many jobs are shown, workers are read so often. */
const maxAgeMs = 5000;

export function createWorkerView(core: Deps, now: Monotonic): WorkerView {
  let last: { readonly askedAt: number; readonly types: Promise<ReadonlySet<string>> } | undefined;
  const known = (): Promise<ReadonlySet<string>> => {
    const askedAt = now();
    if (last !== undefined && askedAt - last.askedAt < maxAgeMs) return last.types;
    const reading = { askedAt, types: listWorkers(core).then((workers) => new Set(workers.flatMap(({ types }) => types))) };
    last = reading;
    reading.types.catch(() => {
      if (last === reading) last = undefined;
    });
    return reading.types;
  };
  return {
    async knowsType(type) {
      return (await known()).has(type);
    },
  };
}
