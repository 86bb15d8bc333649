/** Runs every Lambda handler on its event source, outside AWS. */
import type { Config } from '../core/config.ts';
import type { Core } from '../core/usecases/core.ts';
import { createDlqHandler } from './dlqHandler.ts';
import { startQueueMapping, type Mapping } from './queueMapping.ts';

export interface LambdasDeps {
  readonly core: Core;
  readonly config: Pick<Config, 'region'>;
}

/** The dead-letter queue has a batch size of one: each dead letter succeeds or comes back by itself. */
export function startLambdas({ core, config: { region } }: LambdasDeps): Mapping {
  const { queues, log } = core;
  const mappings = [startQueueMapping({ queues, queue: 'DEAD_LETTER', handler: createDlqHandler(core), batchSize: 1, region, log })];
  return {
    async stop() {
      await Promise.all(mappings.map((mapping) => mapping.stop()));
    },
  };
}
