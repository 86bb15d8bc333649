/** How long each Lambda may run, and how many instances of it at once. */
import type { LambdaName } from '../grants.ts';

export interface LambdaLimits {
  readonly timeoutSeconds: number;
  /** Reserved where the environment reserves any. */
  readonly concurrency: number;
}

/**
 * The sweeper ends before the minute in which it runs again, and never runs twice at once. The relay runs once per shard of the
 * stream; each of the table's partitions has one shard, and partitions come with traffic.
 */
export const lambdaLimits: Readonly<Record<LambdaName, LambdaLimits>> = {
  dlqHandler: { timeoutSeconds: 10, concurrency: 10 },
  streamRelay: { timeoutSeconds: 30, concurrency: 100 },
  sweeper: { timeoutSeconds: 55, concurrency: 1 },
};

/**
 * For the dead-letter queue, as AWS recommends for queues of Lambdas: throttled messages stay hidden meanwhile ("Using Lambda
 * with Amazon SQS").
 */
export const deadLetterVisibilitySeconds = 6 * lambdaLimits.dlqHandler.timeoutSeconds;
