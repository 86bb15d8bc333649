/** `npm run lambdas`: the event source mappings of the Lambda handlers, for wherever there is no AWS Lambda. */
import { createJobTypes } from '../core/jobType.ts';
import { runEntry } from '../runtime/entry.ts';
import { openMetricsServer } from '../runtime/metricsServer.ts';
import { openCore } from '../runtime/open.ts';
import { startLambdas } from './lambdas.ts';
import { startRelay } from './relay.ts';

await runEntry('lambdas', async ({ config, log, clock, telemetry, scrape, resources }) => {
  resources.adopt(await openMetricsServer({ config, scrape, log }), (close) => close());
  const { core, openStream } = resources.adopt(openCore({ config, jobTypes: createJobTypes([]), log, clock, telemetry }), ({ close }) =>
    close(),
  );
  resources.adopt(startLambdas({ core, config }), ({ stop }) => stop());
  resources.adopt(startRelay({ core, openStream }), ({ stop }) => stop());
  log.info('the event source mappings run');
});
