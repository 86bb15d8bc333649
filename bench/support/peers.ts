/** `npm start` and BullMQ as subjects of one bench: each has a client in a process of its own, and they take turns. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { startRedis } from '../../test/support/redis.ts';
import { startChild, type Child } from './child.ts';
import { loadResult, type LoadResult } from './load.ts';

export interface Subject {
  readonly name: string;
  readonly client: Child;
}

export interface OurOptions {
  readonly url: string;
  readonly type: string;
  readonly overSocket: boolean;
  /** Watches all jobs, through their owner's feed. Default: true. False: only the jobs that a command names. */
  readonly watchesAll?: boolean;
}

export async function ours(opening: AsyncDisposableStack, name: string, options: OurOptions): Promise<Subject> {
  const client = opening.use(await startChild('ticketClient.ts'));
  await client.ask(z.undefined(), 'open', options);
  return { name, client };
}

/** With a folder, its Redis writes to the disk before it answers. */
export async function bull(opening: AsyncDisposableStack, name: string, folder: string | undefined): Promise<Subject> {
  const redis = opening.adopt(await startRedis(undefined, folder), ({ stop }) => stop());
  const env = { REDIS_URL: redis.url };
  const worker = opening.use(await startChild('bullWorker.ts', env));
  await worker.ask(z.number(), 'cpu');
  return { name, client: opening.use(await startChild('bullClient.ts', env)) };
}

/**
 * The results of each subject, round by round; the very first round is not counted. Each round begins with another subject, since
 * one that comes after an idle moment, or after one that still writes, is slower.
 */
export async function inTurns(
  subjects: readonly Subject[],
  rounds: number,
  command: string,
  request: { readonly jobs: number },
): Promise<readonly LoadResult[][]> {
  const results: LoadResult[][] = subjects.map(() => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (let turn = 0; turn < subjects.length; turn += 1) {
      const index = (round + turn) % subjects.length;
      const result = await subjects[index]?.client.ask(loadResult, command, request);
      if (round > 0 && result !== undefined) results[index]?.push(result);
    }
  }
  return results;
}

/** A folder on the project's disk: the system's temporary folder may be in memory, which never waits for a disk. */
export async function openBenchFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const cache = join(import.meta.dirname, '../../.cache');
  await mkdir(cache, { recursive: true });
  const path = await mkdtemp(join(cache, 'bench-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
