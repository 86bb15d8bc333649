/** How long each Lambda may run, and how many of it at a time. */
import type { LambdaName } from '../grants.ts';

export interface LambdaLimits {
  readonly timeoutSeconds: number;
  /** Reserved where the environment reserves any. */
  readonly concurrency: number;
}

/**
 * The sweeper ends before the minute in which it runs again, and never runs twice at once. The relay runs once a shard of
 * the stream; the table's partitions, of which each has one, come with its traffic.
 */
export const lambdaLimits: Readonly<Record<LambdaName, LambdaLimits>> = {
  dlqHandler: { timeoutSeconds: 10, concurrency: 10 },
  streamRelay: { timeoutSeconds: 30, concurrency: 100 },
  sweeper: { timeoutSeconds: 55, concurrency: 1 },
};

/** Of the dead-letter queue, as AWS asks for queues of Lambdas: throttled letters stay hidden meanwhile ("Using Lambda with Amazon SQS"). */
export const deadLetterVisibilitySeconds = 6 * lambdaLimits.dlqHandler.timeoutSeconds;
