/** `npm run lambdas`: the event source mappings of the Lambda handlers, for places without AWS Lambda. */
import { createJobTypes } from '../core/jobType.ts';
import { sweeperHealth } from '../core/usecases/sweeperHealth.ts';
import { runEntry } from '../runtime/entry.ts';
import { openMetricsServer } from '../runtime/metricsServer.ts';
import { openCore } from '../runtime/open.ts';
import { startLambdas } from './lambdas.ts';
import { startRelay } from './relay.ts';

await runEntry('lambdas', async ({ config, secrets, log, clock, telemetry, scrape, resources }) => {
  const { core, openStream } = resources.adopt(
    openCore({ config, secrets, jobTypes: createJobTypes([]), log, clock, telemetry }),
    ({ close }) => close(),
  );
  const details = () => sweeperHealth(core);
  resources.adopt(await openMetricsServer({ config, scrape, log, details }), (close) => close());
  resources.adopt(startLambdas({ core, config }), ({ stop }) => stop());
  resources.adopt(startRelay({ core, openStream }), ({ stop }) => stop());
  log.info('the event source mappings run');
});
