/** Runs every Lambda handler on its event source, outside AWS. */
import type { TableStream } from '../core/table/dynamodb/stream.ts';
import type { Core } from '../core/usecases/core.ts';
import type { Config } from '../runtime/config.ts';
import { createDlqHandler } from './dlqHandler.ts';
import { startQueueMapping, type Mapping } from './queueMapping.ts';
import { startStreamMapping } from './streamMapping.ts';
import { createStreamRelay } from './streamRelay.ts';
import { createSweeper } from './sweeper.ts';
import { startTimerMapping } from './timerMapping.ts';

export interface LambdasDeps {
  readonly core: Core;
  readonly openStream: () => Promise<TableStream | undefined>;
  readonly config: Pick<Config, 'region' | 'receiveWaitSeconds' | 'sweepIntervalSeconds'>;
}

/** The dead-letter queue has a batch size of one: each dead letter succeeds or comes back by itself. */
export function startLambdas({ core, openStream, config: { region, receiveWaitSeconds, sweepIntervalSeconds } }: LambdasDeps): Mapping {
  const { queues, log, clock } = core;
  const mappings = [
    startQueueMapping({ queues, queue: 'DEAD_LETTER', handler: createDlqHandler(core), batchSize: 1, receiveWaitSeconds, region, log }),
    startTimerMapping({ name: 'sweeper', handler: createSweeper(core), everyMs: sweepIntervalSeconds * 1000, log }),
    startStreamMapping({ openStream, handler: createStreamRelay(core), now: clock.now, log }),
  ];
  return {
    async stop() {
      await Promise.all(mappings.map((mapping) => mapping.stop()));
    },
  };
}
