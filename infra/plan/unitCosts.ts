/** The cost of one of each thing, as the benches measured it: they write bench/unitCosts.json, the plan multiplies. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Each with the bench that measures it. */
export const unitCosts = {
  writeUnits: { bench: 'writeBudget', meaning: 'write units of a job: keyed, short params, one attempt' },
  readUnits: { bench: 'writeBudget', meaning: 'read units of such a job' },
  sqsRequests: { bench: 'writeBudget', meaning: 'SQS requests of a job, at saturation' },
  writeUnitsOf10KB: { bench: 'payloads', meaning: 'write units of 10 KB of params' },
  readUnitsOf10KB: { bench: 'payloads', meaning: 'read units of 10 KB of params' },
  serverCpuUs: { bench: 'createJob', meaning: 'processor time of a server for a job handed in over HTTP, µs' },
  workerCpuUs: { bench: 'worker', meaning: 'processor time of a worker for a job, without its handler’s, µs' },
  slotUse: { bench: 'worker', meaning: 'share of a slot’s time in which its handler runs' },
  deliveryCpuUs: { bench: 'deliveries', meaning: 'processor time of a server for a delivery, each to the watcher of another job, µs' },
  sharedDeliveryCpuUs: { bench: 'deliveries', meaning: 'processor time of a server for a delivery, 10,000 watchers of one job, µs' },
  deliveryBytes: { bench: 'deliveries', meaning: 'bytes of a delivery' },
  watcherKB: { bench: 'memory', meaning: 'memory of an idle watcher of a job of its own, KB' },
  serverMB: { bench: 'memory', meaning: 'memory of a server without watchers, MB' },
  relayMs: { bench: 'relay', meaning: 'time of the relay for a record of the stream, ms' },
  publishes: { bench: 'relay', meaning: 'publishes of a job’s transitions by one publisher' },
  redisChannelBytes: { bench: 'relay', meaning: 'memory of Redis for a channel that one server hears, bytes' },
  redisCpuUs: { bench: 'relay', meaning: 'processor time of Redis for a publish that one server hears, µs' },
} as const satisfies Record<string, { readonly bench: string; readonly meaning: string }>;

export type UnitCostName = keyof typeof unitCosts;
export type UnitCosts = Readonly<Record<UnitCostName, number>>;

const measurement = z.object({ value: z.number().nonnegative(), measured: z.iso.date(), command: z.string() });
const names = z.enum(Object.keys(unitCosts).filter((name): name is UnitCostName => name in unitCosts));
const kept = z.record(names, measurement);

const file = join(import.meta.dirname, '../../bench/unitCosts.json');

/** @throws where the file lacks a value: its bench has to run first. */
export async function readUnitCosts(): Promise<UnitCosts> {
  const costs = kept.parse(JSON.parse(await readFile(file, 'utf8')));
  return z.record(names, z.number()).parse(Object.fromEntries(Object.entries(costs).map(([name, { value }]) => [name, value])));
}

/** Called by the benches: new values replace the old ones. */
export async function keepUnitCosts(measured: Readonly<Partial<UnitCosts>>): Promise<void> {
  const before = z.partialRecord(names, measurement).parse(JSON.parse(await readFile(file, 'utf8').catch(() => '{}')));
  const today = new Date().toISOString().slice(0, 10);
  const kept = names.options.flatMap((name) => {
    const value = measured[name];
    if (value === undefined) return before[name] === undefined ? [] : [[name, before[name]] as const];
    const command = `npm run bench -- ${unitCosts[name].bench}`;
    return [[name, { value: Number(value.toPrecision(4)), measured: today, command }] as const];
  });
  await writeFile(file, `${JSON.stringify(Object.fromEntries(kept), undefined, 2)}\n`);
}
