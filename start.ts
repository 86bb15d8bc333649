/**
 * `npm start`: everything in one process. What the settings name no endpoint for is embedded: DynamoDB, SQS and S3 kept
 * in DATA_DIR, and a feed in this process. It is the code that runs in production; only endpoints differ.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createMemoryFeed } from './core/feed/memory/memoryFeed.ts';
import { jobTypesOf } from './core/jobList.ts';
import { createWatches } from './core/usecases/watchJob.ts';
import { createClients, type Clients } from './infra/local/clients.ts';
import { openEmbeddedAws } from './infra/local/embeddedAws.ts';
import { uploadExamples } from './infra/local/exampleFiles.ts';
import { provision } from './infra/local/provision.ts';
import { createObjectStore } from './jobs/files/s3/objectStore.ts';
import bundledJobs from './jobs/index.ts';
import { startLambdas } from './lambda/lambdas.ts';
import type { Config } from './runtime/config.ts';
import { runEntry, type Entry } from './runtime/entry.ts';
import { loadJobHandlers, loadJobs } from './runtime/loadJobs.ts';
import { openCore } from './runtime/open.ts';
import { welcome } from './runtime/terminal.ts';
import { openServer } from './server/openServer.ts';
import { createWorker } from './worker/worker.ts';

await runEntry('job-tickets', async (entry) => {
  const { log, clock, telemetry, scrape, resources, hurry } = entry;
  // What a person can mend is told before anything opens.
  const jobs = await loadJobs(entry.config.jobs, bundledJobs);
  const handlers = await loadJobHandlers(jobs);
  const config = await withEmbeddedAws(entry);
  const clients = resources.use(createClients(config));
  await prepare(clients, config, entry);

  const feed = config.redisUrl === undefined ? createMemoryFeed() : undefined;
  const { core, notReady, openStream } = resources.adopt(
    openCore({ config, jobTypes: jobTypesOf(jobs), log, clock, telemetry, feed }),
    ({ close }) => close(),
  );
  resources.adopt(startLambdas({ core, openStream, config }), ({ stop }) => stop());

  const objects = createObjectStore({ s3: clients.s3, buckets: config.s3Buckets, maxSourceBytes: config.maxSourceBytes });
  const worker = resources.adopt(createWorker({ core, handlers, objects, settings: config }), ({ stop }) => stop());
  hurry.addEventListener('abort', worker.hurry);
  worker.start();

  const watches = resources.adopt(createWatches(core), ({ close }) => close());
  const server = resources.adopt(
    await openServer({ core, watches, log, notReady, scrape, details: () => ({ worker: worker.health() }), config, hurry }),
    ({ close }) => close(),
  );
  if (process.stdout.isTTY) process.stdout.write(welcome({ url: server.url, config: entry.config }));
  else log.info({ dashboard: `${server.url}/`, graphiql: `${server.url}/graphql`, ready: `${server.url}/readyz` }, 'job tickets are open');
});

/** The settings, with the endpoints of what had to be embedded. */
async function withEmbeddedAws({ config, log, resources }: Entry): Promise<Config> {
  const { dynamodb, sqs, s3 } = config.endpoints;
  if (dynamodb !== undefined && sqs !== undefined && s3 !== undefined) return config;
  const { endpoints } = resources.adopt(await openEmbeddedAws({ dataDir: config.dataDir }), ({ close }) => close());
  log.info({ dataDir: config.dataDir || 'in memory' }, 'the embedded AWS is open');
  // Waiting costs nothing here, and ending at once is pleasant.
  const receiveWaitSeconds = sqs === undefined ? Math.min(1, config.receiveWaitSeconds) : config.receiveWaitSeconds;
  return {
    ...config,
    receiveWaitSeconds,
    endpoints: { dynamodb: dynamodb ?? endpoints.dynamodb, sqs: sqs ?? endpoints.sqs, s3: s3 ?? endpoints.s3 },
  };
}

/** Creates table, queues and buckets. An endpoint that does not answer is tried on; `/readyz` tells of it meanwhile. */
async function prepare(clients: Clients, config: Config, { log, resources }: Entry): Promise<void> {
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
