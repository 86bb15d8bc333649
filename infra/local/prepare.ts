/** Table, queues and buckets for `npm start` on AWS or on emulators of it, made while it already runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry } from '../../runtime/entry.ts';
import type { Clients } from './clients.ts';
import { uploadExamples } from './exampleFiles.ts';
import { provision, type ProvisionSettings } from './provision.ts';

/** An endpoint that does not answer is tried again and again; `/readyz` reports it meanwhile. */
export async function prepare(
  clients: Clients,
  config: ProvisionSettings,
  { log, resources }: Pick<Entry, 'log' | 'resources'>,
): Promise<void> {
  const ended = new AbortController();
  resources.defer(() => ended.abort());

  async function once(): Promise<boolean> {
    try {
      await provision(clients, config, log);
      const [bucket] = config.s3Buckets;
      if (bucket !== undefined) await uploadExamples(clients.s3, bucket);
      return true;
    } catch (error) {
      if (!ended.signal.aborted) log.warn({ error }, 'table, queues and buckets could not be prepared; trying again');
      return false;
    }
  }

  async function untilDone(): Promise<void> {
    for (let delayMs = 500; !ended.signal.aborted; delayMs = Math.min(30_000, delayMs * 2)) {
      await sleep(delayMs, undefined, { signal: ended.signal }).catch(() => undefined);
      if (ended.signal.aborted || (await once())) return;
    }
  }

  if (!(await once())) void untilDone();
}
