/** The parts that this server depends on, as metrics: which part is away, and how many messages wait. */
import { jobPriorities } from '../core/job.ts';
import type { Core } from '../core/usecases/core.ts';
import { queueDepths } from '../core/usecases/queueDepths.ts';
import { checkTimeoutMs, inTime } from '../runtime/inTime.ts';

/** Read when metrics are collected, each part once. Returns the function that ends it. */
export function measureDependencies({ table, queues, feed, telemetry }: Core): () => void {
  let asking: ReturnType<typeof queueDepths> | undefined;

  /** SQS is paid by the request, and two measurements that are collected together use its one answer. */
  function depthsNow(): ReturnType<typeof queueDepths> {
    asking ??= inTime(queueDepths({ queues }), checkTimeoutMs).finally(() => (asking = undefined));
    return asking;
  }

  const stops = [
    telemetry.gauge('dependencyAway', async () => {
      const [ofTable, ofQueues] = await Promise.allSettled([inTime(table.check(), checkTimeoutMs), depthsNow()]);
      const away = { table: ofTable.status === 'rejected', queues: ofQueues.status === 'rejected', feed: !feed.isConnected() };
      return Object.entries(away).map(([part, isAway]) => ({ value: isAway ? 1 : 0, attributes: { part } }));
    }),
    // While SQS does not answer there is no value: that it is away is reported by the other measurement.
    telemetry.gauge('queueVisible', async () => {
      const depths = await depthsNow().catch(() => []);
      const waiting = depths.filter(({ queue }) => jobPriorities.some((priority) => priority === queue));
      return waiting.map(({ queue, visible }) => ({ value: visible, attributes: { priority: queue } }));
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
