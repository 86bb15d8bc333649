/** The running workers, as their heartbeats report them. */
import type { Monotonic } from '../clock.ts';
import type { Core } from './core.ts';
import { workerKind, workersPlace, type WorkerInfo } from './heartbeats.ts';

const pageSize = 100;
/** Further ones are not read, so that the list never costs more. */
const mostRead = 1000;

type Deps = Pick<Core, 'table'>;

/** By their ids; the first thousand. One read unit each, and half a unit per hundred. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function listWorkers({ table }: Deps): Promise<readonly WorkerInfo[]> {
  const workers: WorkerInfo[] = [];
  let cursor: string | undefined;
  for (let read = 0; read < mostRead; read += pageSize) {
    const { entries, next } = await table.entries.list(workerKind, { place: workersPlace, cursor, limit: pageSize });
    workers.push(...entries.map(({ value }) => value));
    if (next === undefined) break;
    cursor = next;
  }
  return workers;
}

/** Reads once, at the first call: whether workers run, and none of them has a handler for the type. The answers reject as `listWorkers`. */
export function missingTypes(core: Deps): (type: string) => Promise<boolean> {
  let listed: Promise<readonly WorkerInfo[]> | undefined;
  return async (type) => {
    const workers = await (listed ??= listWorkers(core));
    return workers.length > 0 && !workers.some(({ types }) => types.includes(type));
  };
}

export interface WorkerView {
  /** Whether a running worker has a handler for the type, as it was a moment ago. @throws {JobError} `TABLE_UNAVAILABLE`. */
  knowsType(type: string): Promise<boolean>;
}

/** Workers are read only this often, however many jobs are shown. */
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
