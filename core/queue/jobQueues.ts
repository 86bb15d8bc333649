/** The contract of the queues: one per priority and the dead-letter queue, whatever engine carries them. */
import { jobPriorities, type JobPriority } from '../job.ts';
import type { JobMessage } from './message.ts';

export type QueueId = JobPriority | 'DEAD_LETTER';
export const queueIds = [...jobPriorities, 'DEAD_LETTER'] as const satisfies readonly QueueId[];

export interface ReceivedMessage {
  readonly queue: QueueId;
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** 1 at the first delivery. */
  readonly receiveCount: number;
  /** When it was first sent, in milliseconds since the epoch. */
  readonly sentAt: number;
  /** The sender's trace context, in X-Ray's form. */
  readonly traceHeader?: string | undefined;
}

export interface ReceiveOptions {
  /** 1 to 10. */
  readonly max: number;
  /** 0 to 20; 0 answers at once. */
  readonly waitSeconds: number;
  readonly signal?: AbortSignal;
}

export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** All calls reject with `QUEUE_UNAVAILABLE` when SQS does not answer or refuses. */
export interface JobQueues {
  /** `delaySeconds`: SQS takes whole seconds; fractions are rounded up. `owner`: for engines that serve owners in turn. */
  send(priority: JobPriority, message: JobMessage, delaySeconds: number, owner?: string): Promise<void>;
  receive(queue: QueueId, options: ReceiveOptions): Promise<readonly ReceivedMessage[]>;
  delete(message: ReceivedMessage): Promise<void>;
  /** Seconds from now until the message is delivered again; 0 gives it back at once. At most 43,200 (12 hours). */
  setVisibility(message: ReceivedMessage, seconds: number): Promise<void>;
  /** Only for queues within this process: resolves as soon as one of the queues has a message. */
  arrival?(): Promise<void>;
  /** Approximate, as SQS reports them. */
  depth(queue: QueueId): Promise<QueueDepth>;
  /** @throws when a queue is missing or does not answer. */
  check(): Promise<void>;
}

/** For queues in bounded memory, while they are filled from the table. */
export interface QueueFill {
  /** The job had a message here when the fill began. */
  holds(jobId: string): boolean;
  /** There is room in a queue that also had room when the fill began. */
  hasRoom(): boolean;
}
