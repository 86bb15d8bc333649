/** A client as the API's users write it: hands in over HTTP, watches over WebSocket and resumes when its server goes away. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { isFinal, jobStatuses } from '../../core/job.ts';
import type { Accepted, OwnerWatcher, SeenEvent, Watcher } from './history.ts';
import { owner } from './stage.ts';

const created = z.object({
  data: z.object({ createJob: z.object({ created: z.boolean(), job: z.object({ jobId: z.string() }) }) }).nullish(),
  errors: z.array(z.object({ extensions: z.object({ code: z.string(), jobId: z.string().optional() }) })).optional(),
});

export type CreateAnswer = Accepted & { readonly code?: string | undefined };

/** @throws where there was no answer, or one that names no job: then the job is not accepted. */
export async function createOver(
  url: string,
  input: { readonly idempotencyKey?: string; readonly params?: object } = {},
): Promise<CreateAnswer> {
  const query = 'mutation ($input: CreateJobInput!) { createJob(input: $input) { created job { jobId } } }';
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input: { type: 'simulate_work', ...input } } }),
  });
  const { data, errors } = created.parse(await response.json());
  const { idempotencyKey } = input;
  if (data) return { owner, idempotencyKey, jobId: data.createJob.job.jobId, created: data.createJob.created };
  const { code, jobId } = errors?.[0]?.extensions ?? {};
  if (jobId === undefined) throw new Error(`createJob answers ${code ?? response.status}`);
  return { owner, idempotencyKey, jobId, created: true, code };
}

const answered = z.object({ data: z.unknown(), errors: z.array(z.unknown()).min(1).optional() });

/** Any operation. @throws if there was no answer, or one with errors. */
export async function askOver(url: string, query: string, variables: object): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = answered.parse(await response.json());
  if (errors !== undefined) throw new Error(JSON.stringify(errors[0]));
  return data;
}

const event = z.object({
  jobStatusChanged: z.object({
    jobId: z.string(),
    version: z.number(),
    status: z.enum(jobStatuses),
    attempt: z.number(),
    progress: z.number().nullable(),
    recovered: z.boolean().nullable(),
  }),
});
const subscription = `subscription ($jobId: ID!, $afterVersion: Int) {
  jobStatusChanged(jobId: $jobId, afterVersion: $afterVersion) { jobId version status attempt progress recovered }
}`;

/** An outage of a minute, and some more. */
const maxInVain = 2000;

export interface ApiWatching extends Watcher {
  readonly done: Promise<void>;
  /** How often it had to connect again. */
  reconnects(): number;
}

/** Watches until the subscription completes; `urls` are tried in turn, from the first after each lost connection. */
export function watchOver(urls: () => string, jobId: string): ApiWatching {
  const events: SeenEvent[] = [];
  let end: Watcher['end'] = 'left';
  let reconnects = -1;
  /** Of which the last event was final already. */
  let inVain = 0;

  async function once(): Promise<void> {
    reconnects += 1;
    const client = createClient({ url: `${urls().replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
    try {
      const variables = { jobId, afterVersion: events.at(-1)?.version };
      for await (const { data, errors } of client.iterate({ query: subscription, variables })) {
        if (errors !== undefined) throw new Error(errors[0]?.message);
        events.push(event.parse(data).jobStatusChanged);
      }
    } finally {
      await client.dispose();
    }
  }

  async function run(): Promise<void> {
    for (;;) {
      try {
        await once();
        end = 'completed';
        return;
      } catch {
        const last = events.at(-1);
        inVain = last !== undefined && isFinal(last.status) ? inVain + 1 : 0;
        if (inVain > maxInVain) throw new Error('the subscription does not complete');
        // As every client should: not all at once.
        await sleep(20 + Math.random() * 100);
      }
    }
  }

  const done = run();
  done.catch((error: unknown) => (end = { error: String(error) }));
  return {
    owner,
    jobId,
    events,
    done,
    reconnects: () => reconnects,
    get end() {
      return end;
    },
  };
}

const ownerSubscription = `subscription { jobStatusChanged { jobId version status attempt progress recovered } }`;

export interface ApiOwnerWatching extends AsyncDisposable {
  /** Their progress, one entry for each start that received anything. */
  watchers(): readonly OwnerWatcher[];
}

/** Watches all of the caller's jobs, and starts again after each interruption. */
export function watchOwnerOver(url: () => string): ApiOwnerWatching {
  const watchers: { owner: string; since: number; events: SeenEvent[]; end: OwnerWatcher['end'] }[] = [];
  const leaving = new AbortController();

  async function once(): Promise<void> {
    const client = createClient({ url: `${url().replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
    leaving.signal.addEventListener('abort', () => void client.dispose(), { once: true });
    let own: (typeof watchers)[number] | undefined;
    try {
      for await (const { data } of client.iterate({ query: ownerSubscription })) {
        // Only a received event shows that it has begun.
        if (own === undefined) watchers.push((own = { owner, since: Date.now(), events: [], end: 'left' }));
        own.events.push(event.parse(data).jobStatusChanged);
      }
    } finally {
      if (own !== undefined && !leaving.signal.aborted) own.end = 'interrupted';
      await client.dispose();
    }
  }

  async function run(): Promise<void> {
    while (!leaving.signal.aborted) await once().catch(() => sleep(20));
  }

  const running = run();
  return {
    watchers: () => watchers.map((watcher) => ({ ...watcher, events: [...watcher.events] })),
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await running;
    },
  };
}
