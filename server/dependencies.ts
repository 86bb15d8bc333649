/** What this server stands on, told as metrics: which part is away, and how many messages wait. */
import { jobPriorities } from '../core/job.ts';
import type { Core } from '../core/usecases/core.ts';
import { queueDepths } from '../core/usecases/queueDepths.ts';
import { checkTimeoutMs, inTime } from '../runtime/inTime.ts';
import type { UnreadyPart } from './health.ts';

const parts = ['table', 'queues', 'feed'] as const;

export interface DependenciesDeps {
  readonly core: Pick<Core, 'queues' | 'feed' | 'telemetry'>;
  /** What does not answer and why; empty when all do. */
  readonly notReady: () => Promise<readonly UnreadyPart[]>;
}

/** Asked when metrics are collected. Answers the function that ends it. */
export function measureDependencies({ core, notReady }: DependenciesDeps): () => void {
  const { queues, feed, telemetry } = core;

  async function away(): Promise<ReadonlySet<string>> {
    const unanswered = await notReady();
    return new Set([...unanswered.map(({ part }) => part), ...(feed.isConnected() ? [] : ['feed'])]);
  }

  const stops = [
    telemetry.gauge('dependencyAway', async () => {
      const found = await away();
      return parts.map((part) => ({ value: found.has(part) ? 1 : 0, attributes: { part } }));
    }),
    // While SQS does not tell, nothing is said of it: that it is away is the other measurement's business.
    telemetry.gauge('queueVisible', async () => {
      const depths = await inTime(queueDepths({ queues }), checkTimeoutMs).catch(() => []);
      const waiting = depths.filter(({ queue }) => jobPriorities.some((priority) => priority === queue));
      return waiting.map(({ queue, visible }) => ({ value: visible, attributes: { priority: queue } }));
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
