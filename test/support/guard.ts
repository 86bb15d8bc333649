/**
 * A process under attack, with little memory, that is measured from within; used for all attacks. It fails where the event loop
 * is blocked, memory is not freed, or the process ends.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { startEntry, urlOf, type EntryName, type RunningEntry } from './processes.ts';
import type { Strain } from './strainProbe.ts';

/** The limits for any single request, document, variable, subscription or file. */
const maxStallMs = 100;
const maxHeldBytes = 64 * 1024 ** 2;

export interface Guarded extends AsyncDisposable {
  readonly entry: RunningEntry;
  /**
   * Runs an attack, and measures while everything that it opened is still open. Returns what it cost.
   * @throws where that is too much, or the process has ended.
   */
  withstands(attack: () => Promise<void>, options?: { readonly carriedBytes?: number }): Promise<Strain>;
}

export interface GuardOptions {
  readonly env: Readonly<Record<string, string>>;
  /** 512 for a server, 1024 for a worker. */
  readonly maxHeapMegabytes?: number;
}

/** @public For any program: attacks on a worker need the same. */
export async function startGuarded(name: EntryName, { env, maxHeapMegabytes = 512 }: GuardOptions): Promise<Guarded> {
  const probe = join(import.meta.dirname, 'strainProbe.ts');
  const flags = [`--max-old-space-size=${maxHeapMegabytes}`, '--expose-gc', '--import', probe];
  const entry = await startEntry(name, { env, flags });
  const strain = async (): Promise<Strain> => strainSchema.parse(await entry.ask('strain'));
  return {
    entry,
    async withstands(attack, { carriedBytes = 0 } = {}) {
      const { heldBytes: before } = await strain();
      await attack();
      const { stallMs, cpuMs, heldBytes } = await strain();
      const grownBytes = heldBytes - before;
      if (stallMs > maxStallMs) throw new Error(`the event loop was held for ${Math.round(stallMs)} ms`);
      if (grownBytes > maxHeldBytes + carriedBytes) throw new Error(`${Math.round(grownBytes / 1024 ** 2)} MiB more are held`);
      return { stallMs, cpuMs, heldBytes: grownBytes };
    },
    [Symbol.asyncDispose]: () => entry[Symbol.asyncDispose](),
  };
}

const strainSchema = z.object({ stallMs: z.number(), cpuMs: z.number(), heldBytes: z.number() });

export interface GuardedServer extends Guarded {
  readonly url: string;
}

/** A server that requires tokens, with everything in memory and default limits. */
export async function startGuardedServer(env: Readonly<Record<string, string>>): Promise<GuardedServer> {
  const guarded = await startGuarded('start', { env: { NODE_ENV: 'production', DATA_DIR: '', LOG_LEVEL: 'info', ...env } });
  return { ...guarded, url: await urlOf(guarded.entry, 'start') };
}
