/** Runs the Lambda handlers on their event sources, outside AWS: all but the relay, which needs a table with a stream. */
import type { Core } from '../core/usecases/core.ts';
import { tellWaiting } from '../core/usecases/tellWaiting.ts';
import type { Config } from '../runtime/config.ts';
import { createBulkRunner } from './bulkRunner.ts';
import { createDlqHandler } from './dlqHandler.ts';
import { startQueueMapping, type Mapping } from './queueMapping.ts';
import { createSweeper } from './sweeper.ts';
import { createTicker } from './ticker.ts';
import { createTimer } from './timer.ts';
import { startTimerMapping } from './timerMapping.ts';

export interface LambdasDeps {
  readonly core: Core;
  readonly config: Pick<Config, 'region' | 'receiveWaitSeconds' | 'sweepIntervalSeconds'>;
}

/** Intervals outside AWS, where a run costs nothing. */
const tickEveryMs = 1000;
const tellEveryMs = 5000;

/** The dead-letter queue has a batch size of one: each dead letter succeeds or comes back by itself. */
export function startLambdas({ core, config: { region, receiveWaitSeconds, sweepIntervalSeconds } }: LambdasDeps): Mapping {
  const { queues, log } = core;
  const mappings = [
    startQueueMapping({ queues, queue: 'DEAD_LETTER', handler: createDlqHandler(core), batchSize: 1, receiveWaitSeconds, region, log }),
    startTimerMapping({ name: 'timer', handler: createTimer(core), everyMs: sweepIntervalSeconds * 1000, log }),
    startTimerMapping({ name: 'ticks', handler: createTicker(core), everyMs: tickEveryMs, log }),
    startTimerMapping({ name: 'bulk', handler: createBulkRunner(core), everyMs: tickEveryMs, log }),
    startTimerMapping({ name: 'tells', handler: () => tellWaiting(core), everyMs: tellEveryMs, log }),
    startTimerMapping({ name: 'sweeper', handler: createSweeper(core), everyMs: sweepIntervalSeconds * 1000, log }),
  ];
  return {
    async stop() {
      await Promise.all(mappings.map((mapping) => mapping.stop()));
    },
  };
}
