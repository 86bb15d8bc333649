/** Keeps a message from being delivered again while it is worked on, from its receipt until its fate is set. */
import type { JobQueues, ReceivedMessage } from '../core/queue/jobQueues.ts';
import type { Log } from '../telemetry/log.ts';

export interface VisibilityDeps {
  readonly queues: Pick<JobQueues, 'setVisibility'>;
  readonly message: ReceivedMessage;
  readonly timeoutMs: number;
  readonly log: Log;
}

/** Disposed (with what is under way awaited) before the message is acknowledged, lest it overwrites a backoff. */
export function keepInvisible({ queues, message, timeoutMs, log }: VisibilityDeps): AsyncDisposable {
  let renewing: Promise<void> | undefined;

  async function renew(): Promise<void> {
    try {
      await queues.setVisibility(message, Math.ceil(timeoutMs / 1000));
    } catch (error) {
      // A delivery meanwhile finds the job held, and waits.
      log.warn({ error, messageId: message.messageId }, 'the message’s visibility could not be renewed');
    }
  }

  const timer = setInterval(() => {
    renewing ??= renew().finally(() => (renewing = undefined));
  }, timeoutMs / 2);

  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await renewing;
    },
  };
}
