/** `npm run worker`: a worker, with the table, queues and feed that the settings name. */
import { S3Client } from '@aws-sdk/client-s3';
import { jobTypesOf } from '../core/jobList.ts';
import { createObjectStore } from '../jobs/files/s3/objectStore.ts';
import bundledJobs from '../jobs/index.ts';
import { runEntry } from '../runtime/entry.ts';
import { loadJobHandlers, loadJobs } from '../runtime/loadJobs.ts';
import { openMetricsServer } from '../runtime/metricsServer.ts';
import { clientOptions, openCore } from '../runtime/open.ts';
import { withWebhooks } from './webhooks.ts';
import { createWorker } from './worker.ts';

await runEntry('worker', async ({ config, secrets, log, clock, telemetry, scrape, resources, hurry }) => {
  const jobs = await loadJobs(config.jobs, bundledJobs);
  const handlers = await loadJobHandlers(jobs);
  const { core } = resources.adopt(openCore({ config, secrets, jobTypes: jobTypesOf(jobs), log, clock, telemetry }), ({ close }) =>
    close(),
  );
  const s3 = resources.adopt(
    new S3Client({ ...clientOptions(config, config.endpoints.s3, { requestTimeoutMs: 30_000 }), forcePathStyle: true }),
    (client) => client.destroy(),
  );
  const objects = createObjectStore({ s3, buckets: config.s3Buckets, maxSourceBytes: config.maxSourceBytes });
  const worker = createWorker({ core, handlers: withWebhooks(handlers, core, config), objects, settings: config });
  // Closed after the worker, so that its shutdown can be observed.
  resources.adopt(await openMetricsServer({ config, scrape, log, details: () => Promise.resolve(worker.health()) }), (close) => close());
  resources.adopt(worker, ({ stop }) => stop());
  hurry.addEventListener('abort', worker.hurry);
  worker.start();
  log.info({ concurrency: config.workerConcurrency }, 'the worker polls');
});
