/** `npm run server`: the API as a process of its own. */
import { S3Client } from '@aws-sdk/client-s3';
import { jobTypesOf } from '../core/jobList.ts';
import { createWatches } from '../core/usecases/watchJob.ts';
import { maxGrowth } from '../jobs/files/measured.ts';
import { createObjectStore } from '../jobs/files/s3/objectStore.ts';
import bundledJobs from '../jobs/index.ts';
import { runEntry } from '../runtime/entry.ts';
import { loadJobs } from '../runtime/loadJobs.ts';
import { clientOptions, openCore } from '../runtime/open.ts';
import { openServer } from './openServer.ts';

await runEntry('server', async ({ config, secrets, log, clock, telemetry, scrape, resources, hurry }) => {
  const jobTypes = jobTypesOf(await loadJobs(config.jobs, bundledJobs));
  const { core, notReady } = resources.adopt(openCore({ config, secrets, jobTypes, log, clock, telemetry }), ({ close }) => close());
  const watches = resources.adopt(createWatches(core, config.watchReads), ({ close }) => close());
  const s3 = resources.adopt(
    new S3Client({ ...clientOptions(config, config.endpoints.s3, { requestTimeoutMs: 30_000 }), forcePathStyle: true }),
    (client) => client.destroy(),
  );
  const objects = createObjectStore({ s3, buckets: config.s3Buckets, maxSourceBytes: maxGrowth * config.maxSourceBytes });
  const server = resources.adopt(await openServer({ core, watches, objects, log, notReady, scrape, config, secrets, hurry }), ({ close }) =>
    close(),
  );
  log.info({ url: server.url }, 'the server is open');
});
