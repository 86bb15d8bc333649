/** The queues: names, redrive and retention, in one place. The embedded mode, the provisioning and the CDK read them here. */
import { jobPriorities, type JobPriority } from '../../job.ts';

const day = 24 * 60 * 60;

/**
 * A message keeps its first enqueue time when SQS moves it to the dead-letter queue, so that queue has the longer retention (14
 * days is SQS's maximum).
 */
export const retentionSeconds = { jobs: 4 * day, deadLetters: 14 * day } as const;

/** The queues' default wait of a receive: SQS's maximum. */
export const longPollSeconds = 20;

export const queueName = (prefix: string, priority: JobPriority): string => `${prefix}-${priority.toLowerCase()}`;
export const deadLetterQueueName = (prefix: string): string => `${prefix}-dlq`;

export interface QueueSettings {
  readonly queuePrefix: string;
  readonly visibilityTimeoutSeconds: number;
  readonly maxReceiveCount: number;
}

export interface QueueDefinition {
  readonly name: string;
  readonly visibilityTimeoutSeconds: number;
  readonly retentionSeconds: number;
  /** Absent on the dead-letter queue itself. */
  readonly redrive?: { readonly deadLetterQueue: string; readonly maxReceiveCount: number };
}

/** All queues, the dead-letter queue first, since the others name it. */
export function queueDefinitions({ queuePrefix, visibilityTimeoutSeconds, maxReceiveCount }: QueueSettings): readonly QueueDefinition[] {
  const deadLetterQueue = deadLetterQueueName(queuePrefix);
  return [
    { name: deadLetterQueue, visibilityTimeoutSeconds, retentionSeconds: retentionSeconds.deadLetters },
    ...jobPriorities.map((priority) => ({
      name: queueName(queuePrefix, priority),
      visibilityTimeoutSeconds,
      retentionSeconds: retentionSeconds.jobs,
      redrive: { deadLetterQueue, maxReceiveCount },
    })),
  ];
}
