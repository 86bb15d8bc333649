/**
 * The environment of a fault test: table, queues and Redis on emulators, and the project's programs as processes, each behind
 * proxies of its own. Everything that happens is recorded, for the history checker to decide at the end.
 */
import { randomUUID } from 'node:crypto';
import { paginateScan } from '@aws-sdk/client-dynamodb';
import { inject, vi, type TestContext } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { JobError } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import { jobTypesOf } from '../../core/jobList.ts';
import { decodeJob } from '../../core/table/dynamodb/codec.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createJob, type CreateJobRequest } from '../../core/usecases/createJob.ts';
import { createWatches } from '../../core/usecases/watchJob.ts';
import { createClients } from '../../infra/local/clients.ts';
import { openEmbeddedAws } from '../../infra/local/embeddedAws.ts';
import { provision } from '../../infra/local/provision.ts';
import jobs from '../../jobs/index.ts';
import { parseConfig, type Config } from '../../runtime/config.ts';
import { openCore } from '../../runtime/open.ts';
import { openAwsProxy, type AwsProxy } from '../support/awsProxy.ts';
import { openFaultProxy, type FaultProxy } from '../support/faultProxy.ts';
import { startEntry, type EntryName, type RunningEntry } from '../support/processes.ts';
import { silentLog } from '../support/silentLog.ts';
import type { Accepted, History, SeenEvent, Watcher, Write } from './history.ts';
import { recordWrites } from './tableWrites.ts';
import { watchOwner, type OwnerWatching } from './watchOwner.ts';

export interface Actor extends RunningEntry {
  /** Its way to the table, by operations; and below it, by bytes. */
  readonly table: AwsProxy;
  readonly tableLink: FaultProxy;
  readonly queues: AwsProxy;
  readonly queuesLink: FaultProxy;
  readonly redis: FaultProxy;
}

/** A watcher that continues by itself until its subscription ends. */
export interface Watching {
  readonly events: readonly SeenEvent[];
  /** Resolves with the last event when the subscription has completed. */
  readonly done: Promise<SeenEvent | undefined>;
}

export interface Stage extends AsyncDisposable {
  readonly config: Config;
  /** Belongs to this process: to hand in, read, retry and cancel jobs. Its writes are recorded, and no faults affect them. */
  readonly core: Core;
  /** The way from Redis to the watchers of this process. */
  readonly redis: FaultProxy;
  readonly clients: ReturnType<typeof createClients>;
  start(name: Exclude<EntryName, 'start'>, env?: Readonly<Record<string, string>>): Promise<Actor>;
  create(request?: Partial<CreateJobRequest>): Promise<Job>;
  accept(answer: Accepted): void;
  watch(jobId: string): Watching;
  /** Watches all of the owner's jobs to the end of the test. */
  watchOwner(): Promise<OwnerWatching>;
  addWatcher(watcher: Watcher): void;
  readonly writes: readonly Write[];
  /** What was recorded so far, and the table as it is now. */
  history(): Promise<History>;
}

export interface StageOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the one that all tests share, which is never restarted. */
  readonly redisPort?: number;
  /** Default: dynalite, which has no streams. */
  readonly dynamodbUrl?: string;
}

/** With streams, which the relay needs. */
export const withStream = (): StageOptions => ({ dynamodbUrl: inject('dynamoDbLocalUrl') });

/** Starting processes takes long on a machine that others use too; the promises have time limits of their own. */
vi.setConfig({ testTimeout: 90_000 });

/** The owner of all callers where no keys are set. */
export const owner = 'anonymous';

const shortWaits = {
  BACKOFF_BASE_MS: '10',
  BACKOFF_MAX_MS: '50',
  VISIBILITY_TIMEOUT_SECONDS: '2',
  RECEIVE_WAIT_SECONDS: '1',
  SHUTDOWN_GRACE_SECONDS: '5',
  SWEEP_INTERVAL_SECONDS: '1',
  SWEEP_AFTER_SECONDS: '3',
  STUCK_AFTER_SECONDS: '1',
};

export async function openStage(
  { onTestFailed }: Pick<TestContext, 'onTestFailed'>,
  { env = {}, redisPort, dynamodbUrl }: StageOptions = {},
): Promise<Stage> {
  await using opening = new AsyncDisposableStack();
  const aws = opening.adopt(await openEmbeddedAws({ dataDir: '' }), ({ close }) => close());
  const redisUrl = redisPort === undefined ? inject('redisUrl') : `redis://127.0.0.1:${redisPort}`;
  const suffix = randomUUID().slice(0, 8);
  const targets = { table: dynamodbUrl ?? aws.endpoints.dynamodb, queues: aws.endpoints.sqs };
  const settings = {
    ...shortWaits,
    JOBS_TABLE: `Jobs-${suffix}`,
    QUEUE_PREFIX: `jobs-${suffix}`,
    AWS_ENDPOINT_URL_S3: aws.endpoints.s3,
    ...env,
  };

  const writes: Write[] = [];
  const accepted: Accepted[] = [];
  const watchers: Watcher[] = [];
  const ownerWatchings: OwnerWatching[] = [];
  const actors: { readonly name: string; readonly entry: RunningEntry }[] = [];
  onTestFailed(() => {
    for (const { name, entry } of actors) process.stderr.write(`\n--- ${name} ${entry.pid}\n${entry.logs().slice(-6000)}\n`);
  });

  const ownTable = opening.use(await openAwsProxy(targets.table));
  recordWrites(ownTable, writes);
  const redis = opening.use(await openFaultProxy(Number(new URL(redisUrl).port)));
  const direct = {
    AWS_ENDPOINT_URL_DYNAMODB: ownTable.url,
    AWS_ENDPOINT_URL_SQS: targets.queues,
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
  };
  const config = parseConfig({ ...settings, ...direct });
  const clients = opening.use(createClients(config));
  await provision(clients, config);
  const { core } = opening.adopt(openCore({ config, jobTypes: jobTypesOf(jobs), log: silentLog, clock: systemClock }), ({ close }) =>
    close(),
  );
  const watches = opening.adopt(createWatches(core, { pollMs: 200 }), ({ close }) => close());

  const cast = opening.use(new AsyncDisposableStack());
  async function start(name: Exclude<EntryName, 'start'>, changes: Readonly<Record<string, string>> = {}): Promise<Actor> {
    const table = cast.use(await openAwsProxy(targets.table));
    const queues = cast.use(await openAwsProxy(targets.queues));
    recordWrites(table, writes);
    const tableLink = cast.use(await openFaultProxy(Number(new URL(table.url).port)));
    const queuesLink = cast.use(await openFaultProxy(Number(new URL(queues.url).port)));
    const redis = cast.use(await openFaultProxy(Number(new URL(redisUrl).port)));
    const entry = cast.use(
      await startEntry(name, {
        env: {
          ...settings,
          AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${tableLink.port}`,
          AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${queuesLink.port}`,
          REDIS_URL: `redis://127.0.0.1:${redis.port}`,
          ...changes,
        },
      }),
    );
    actors.push({ name, entry });
    return { ...entry, table, tableLink, queues, queuesLink, redis };
  }

  async function create(request: Partial<CreateJobRequest> = {}): Promise<Job> {
    const answer = await createJob(core, {
      owner,
      type: 'simulate_work',
      params: {},
      priority: 'NORMAL',
      delaySeconds: 0,
      traceId: randomUUID().replaceAll('-', ''),
      ...request,
    });
    accepted.push({ owner: answer.job.owner, jobId: answer.job.jobId, idempotencyKey: request.idempotencyKey, created: answer.created });
    return answer.job;
  }

  function watch(jobId: string): Watching {
    const events: SeenEvent[] = [];
    const ended: { end: Watcher['end'] } = { end: 'left' };
    async function run(): Promise<SeenEvent | undefined> {
      for (;;) {
        try {
          for await (const event of await watches.job({ owner, jobId, afterVersion: events.at(-1)?.version })) events.push(event);
          ended.end = 'completed';
          return events.at(-1);
        } catch (error) {
          // An error after which a client should try again.
          if (error instanceof JobError && error.code === 'TABLE_UNAVAILABLE') continue;
          ended.end = { error: String(error) };
          throw error;
        }
      }
    }
    const done = run();
    done.catch(() => undefined);
    watchers.push({
      owner,
      jobId,
      events,
      get end() {
        return ended.end;
      },
    });
    return { events, done };
  }

  async function scan(): Promise<readonly Job[]> {
    const jobs: Job[] = [];
    for await (const page of paginateScan({ client: clients.dynamodb }, { TableName: config.jobsTable, ConsistentRead: true })) {
      for (const item of page.Items ?? []) if (item['pk']?.S?.startsWith('job#') === true) jobs.push(decodeJob(item));
    }
    return jobs;
  }

  const resources = opening.move();
  return {
    config,
    core,
    redis,
    clients,
    writes,
    start,
    create,
    watch,
    accept: (answer) => void accepted.push(answer),
    addWatcher: (watcher) => void watchers.push(watcher),
    async watchOwner() {
      const watching = await watchOwner({ watches, feed: core.feed, owner, readTable: scan });
      ownerWatchings.push(watching);
      return watching;
    },
    async history() {
      const table = await scan();
      return { accepted, watchers, ownerWatchers: ownerWatchings.flatMap((watching) => watching.watchers()), writes, table };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
