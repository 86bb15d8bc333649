/** Keeps a message from being delivered again while it is worked on: from its receipt until it is deleted or given back. */
import type { JobQueues, ReceivedMessage } from '../core/queue/jobQueues.ts';
import type { Log } from '../telemetry/log.ts';

export interface VisibilityDeps {
  readonly queues: Pick<JobQueues, 'setVisibility'>;
  readonly message: ReceivedMessage;
  readonly timeoutMs: number;
  readonly log: Log;
}

/** Disposed (and its call in flight awaited) before the message is acknowledged, so that it does not overwrite a backoff. */
export function keepInvisible({ queues, message, timeoutMs, log }: VisibilityDeps): AsyncDisposable {
  let renewing: Promise<void> | undefined;

  async function renew(): Promise<void> {
    try {
      await queues.setVisibility(message, Math.ceil(timeoutMs / 1000));
    } catch (error) {
      // If it is delivered meanwhile, its receiver finds that the job has a worker, and waits.
      log.warn({ error, messageId: message.messageId }, 'the message’s visibility timeout could not be renewed');
    }
  }

  const timer = setInterval(() => {
    renewing ??= renew().finally(() => (renewing = undefined));
  }, timeoutMs / 2);

  return {
    [Symbol.asyncDispose]() {
      clearInterval(timer);
      return renewing ?? Promise.resolve();
    },
  };
}
