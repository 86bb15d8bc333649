/**
 * `npm start`: everything in one process, with the code that runs in production. Jobs and objects are kept in DATA_DIR, unless
 * the settings name DynamoDB, SQS and S3, or emulators of them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryFeed } from './core/feed/memory/memoryFeed.ts';
import { jobTypesOf } from './core/jobList.ts';
import type { JobTypes } from './core/jobType.ts';
import type { ObjectEngine } from './core/objects.ts';
import { createWatches } from './core/usecases/watchJob.ts';
import { makeBucketFolders } from './infra/local/bucketFolders.ts';
import { createFolderObjectStore, unfinished } from './jobs/files/folder/objectStore.ts';
import { maxGrowth } from './jobs/files/measured.ts';
import bundledJobs from './jobs/index.ts';
import { startLambdas } from './lambda/lambdas.ts';
import { checkPort } from './runtime/checkPort.ts';
import type { Config } from './runtime/config.ts';
import { runEntry, type Entry } from './runtime/entry.ts';
import { loadJobHandlers, loadJobs } from './runtime/loadJobs.ts';
import { openEmbedded, type OpenedEmbedded } from './runtime/openEmbedded.ts';
import { welcome } from './runtime/terminal.ts';
import { openServer } from './server/openServer.ts';
import { withWebhooks } from './worker/webhooks.ts';
import { createWorker } from './worker/worker.ts';

await runEntry('job-tickets', async (entry) => {
  const { config, secrets, log, scrape, resources, hurry } = entry;
  // Errors that a person can correct are reported before anything is opened.
  const jobs = await loadJobs(config.jobs, bundledJobs);
  const handlers = await loadJobHandlers(jobs);
  await checkPort(config);

  const { core, notReady } = await openJobs(entry, jobTypesOf(jobs));
  const openStore = await openObjects(entry);
  const objects = openStore(config.maxSourceBytes);
  // A waiting receive costs no memory here, and it should end at once.
  const settings = config.table === 'sqlite' ? { ...config, receiveWaitSeconds: Math.min(1, config.receiveWaitSeconds) } : config;
  resources.adopt(startLambdas({ core, config: settings }), ({ stop }) => stop());
  const worker = resources.adopt(createWorker({ core, handlers: withWebhooks(handlers, core, config), objects, settings }), ({ stop }) =>
    stop(),
  );
  hurry.addEventListener('abort', worker.hurry);
  worker.start();

  const watches = resources.adopt(createWatches(core, config.watchReads), ({ close }) => close());
  const server = resources.adopt(
    await openServer({
      core,
      watches,
      objects: openStore(maxGrowth * config.maxSourceBytes),
      log,
      notReady,
      scrape,
      details: () => ({ worker: worker.health() }),
      config,
      secrets,
      hurry,
    }),
    ({ close }) => close(),
  );
  if (process.stdout.isTTY) process.stdout.write(welcome({ url: server.url, config }));
  else {
    const graphiql = config.hidesSchema ? {} : { graphiql: `${server.url}/graphql` };
    log.info({ dashboard: `${server.url}/`, ...graphiql, ready: `${server.url}/readyz` }, 'job tickets are open');
  }
});

/** Loaded only where they are used: the AWS SDK is half of all the code there is to load. */
async function openJobs({ config, secrets, log, clock, telemetry, resources }: Entry, jobTypes: JobTypes): Promise<OpenedEmbedded> {
  const deps = { config, jobTypes, log, clock, telemetry };
  if (config.table === 'sqlite') return resources.adopt(await openEmbedded(deps), ({ close }) => close());
  const { openCore } = await import('./runtime/open.ts');
  const { startRelay } = await import('./lambda/relay.ts');
  await prepareEmulators({ config, log, resources });
  const feed = config.redisUrl === undefined ? createMemoryFeed() : undefined;
  const opened = resources.adopt(openCore({ ...deps, secrets, feed }), ({ close }) => close());
  resources.adopt(startRelay(opened), ({ stop }) => stop());
  return opened;
}

/** On AWS the stacks make these; `npm start` does not create anything there. */
async function prepareEmulators({ config, log, resources }: Pick<Entry, 'config' | 'log' | 'resources'>): Promise<void> {
  const { dynamodb, sqs, s3 } = config.endpoints;
  if (dynamodb === undefined || sqs === undefined || s3 === undefined) return;
  const { createClients } = await import('./infra/local/clients.ts');
  const { prepare } = await import('./infra/local/prepare.ts');
  await prepare(resources.use(createClients(config)), config, { log, resources });
}

/** The limit applies to sources; outputs may be larger. */
async function openObjects({ config, resources }: Entry): Promise<(maxSourceBytes: number) => ObjectEngine> {
  const { s3Buckets: buckets } = config;
  if (config.objects === 'folder') {
    const root = await objectsFolder(config, resources);
    await makeBucketFolders(root, buckets);
    // Objects that an earlier process had not finished writing: their jobs write them again.
    await rm(join(root, unfinished), { recursive: true, force: true });
    return (maxSourceBytes) => createFolderObjectStore({ root, buckets, maxSourceBytes });
  }
  const { createObjectStore } = await import('./jobs/files/s3/objectStore.ts');
  const { createClients } = await import('./infra/local/clients.ts');
  const { s3 } = resources.use(createClients(config));
  return (maxSourceBytes) => createObjectStore({ s3, buckets, maxSourceBytes });
}

/** In memory mode objects still need a disk: they are deleted at the end. */
async function objectsFolder({ dataDir }: Config, resources: AsyncDisposableStack): Promise<string> {
  if (dataDir !== '') return join(dataDir, 'objects');
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-objects-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
