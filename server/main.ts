/** `npm run server`: the API as a process of its own. */
import { jobTypesOf } from '../core/jobList.ts';
import { createWatches } from '../core/usecases/watchJob.ts';
import bundledJobs from '../jobs/index.ts';
import { runEntry } from '../runtime/entry.ts';
import { loadJobs } from '../runtime/loadJobs.ts';
import { openCore } from '../runtime/open.ts';
import { openServer } from './openServer.ts';

await runEntry('server', async ({ config, secrets, log, clock, telemetry, scrape, resources, hurry }) => {
  const jobTypes = jobTypesOf(await loadJobs(config.jobs, bundledJobs));
  const { core, notReady } = resources.adopt(openCore({ config, secrets, jobTypes, log, clock, telemetry }), ({ close }) => close());
  const watches = resources.adopt(createWatches(core, config.watchReads), ({ close }) => close());
  const server = resources.adopt(await openServer({ core, watches, log, notReady, scrape, config, secrets, hurry }), ({ close }) =>
    close(),
  );
  log.info({ url: server.url }, 'the server is open');
});
