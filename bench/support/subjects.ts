/** The three servers whose deliveries are compared, each with its clients, and their events. */
import { Redis } from 'ioredis';
import { z } from 'zod';
import type { JobEvent } from '../../core/feed/event.ts';
import type { Job } from '../../core/job.ts';
import { makeJob } from '../../test/support/jobFactory.ts';
import { startChild, type Child } from './child.ts';
import type { Stage } from './stage.ts';

export type SubjectName = 'ours' | 'floor' | 'usual';

export interface Subject extends AsyncDisposable {
  readonly name: SubjectName;
  readonly server: Child;
  readonly clients: Child;
  /** Connects watchers of these jobs: one for each, or all for the only one; without jobs they only connect. */
  connect(jobIds: readonly string[], watchers: number, perSocket?: number): Promise<void>;
  /** The text to publish for an event of this subject's jobs, so that clients get the same bytes from each. */
  textOf(event: JobEvent): string;
}

const files = { ours: 'ourServer.ts', floor: 'bareServer.ts', usual: 'usualServer.ts' } as const satisfies Record<SubjectName, string>;
const speaks = { ours: 'graphql', floor: 'bare', usual: 'usual' } as const satisfies Record<SubjectName, string>;

export async function openSubject(name: SubjectName, { env }: Stage): Promise<Subject> {
  await using opening = new AsyncDisposableStack();
  const server = opening.use(await startChild(files[name], env));
  const clients = opening.use(await startChild('watchers.ts'));
  const url = await server.ask(z.string(), 'url');
  const resources = opening.move();
  return {
    name,
    server,
    clients,
    async connect(jobIds, watchers, perSocket = 1) {
      await clients.ask(z.undefined(), 'connect', {
        url,
        speaks: jobIds.length === 0 ? 'nothing' : speaks[name],
        jobIds,
        watchers,
        perSocket,
      });
    },
    textOf: name === 'floor' ? pushedText : (event) => JSON.stringify(event),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** What our server sends to a watcher whose operation has the id 0. */
function pushedText({ jobId, version, status, previousStatus, attempt, at }: JobEvent): string {
  const jobStatusChanged = {
    jobId,
    version,
    status,
    previousStatus,
    attempt,
    at: new Date(at),
    error: null,
    progress: null,
    recovered: null,
  };
  return JSON.stringify({ id: '0', type: 'next', payload: { data: { jobStatusChanged } } });
}

/** Waiting jobs, which are only in the table. */
export async function createWaitingJobs(stage: Stage, count: number): Promise<readonly Job[]> {
  const jobs = Array.from({ length: count }, () => makeJob({ owner: 'anonymous' }));
  const next = jobs.values();
  const createSome = async (): Promise<void> => {
    for (const job of next) await stage.core.table.create(job);
  };
  await Promise.all(Array.from({ length: 16 }, createSome));
  return jobs;
}

/** The other servers read no table: ids are enough for them. */
export async function makeJobs(stage: Stage, { name }: Subject, count: number): Promise<readonly Job[]> {
  return name === 'ours' ? createWaitingJobs(stage, count) : Array.from({ length: count }, () => makeJob());
}

/** The transition with this number: the job is claimed and released, again and again. */
export function stepOf({ jobId, owner, createdAt }: Job, version: number): JobEvent {
  const isEven = version % 2 === 0;
  return {
    jobId,
    owner,
    version,
    status: isEven ? 'PROCESSING' : 'PENDING',
    previousStatus: isEven ? 'PENDING' : 'PROCESSING',
    attempt: 1,
    at: createdAt + version,
  };
}

export interface Publisher {
  publish(jobId: string, text: string): void;
  close(): void;
}

/** Writes as fast as Redis accepts it, and waits for no answers. */
export function openPublisher({ redisUrl }: Stage): Publisher {
  const redis = new Redis(redisUrl);
  return { publish: (jobId, text) => void redis.spublish(`job:{${jobId}}`, text), close: () => redis.disconnect() };
}
