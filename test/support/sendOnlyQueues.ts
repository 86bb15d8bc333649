/** Queues that take messages and give none, for tests that look at what is sent, or at the table alone. */
import type { JobQueues } from '../../core/queue/jobQueues.ts';

export function sendOnlyQueues(send: JobQueues['send'] = () => Promise.resolve()): JobQueues {
  return {
    send,
    receive: () => Promise.resolve([]),
    delete: () => Promise.resolve(),
    setVisibility: () => Promise.resolve(),
    // As SQS after a purge: nothing is there.
    depth: () => Promise.resolve({ visible: 0, inFlight: 0, delayed: 0 }),
    check: () => Promise.resolve(),
  };
}
