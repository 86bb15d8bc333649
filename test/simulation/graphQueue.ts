/** The queues' contract on a given clock: delivers at least once, in any order, and now and then not at all. */
import { randomUUID } from 'node:crypto';
import type { JobQueues, ReceivedMessage } from '../../core/queue/jobQueues.ts';
import { encodeMessage } from '../../core/queue/message.ts';

interface Kept {
  readonly messageId: string;
  readonly body: string;
  visibleAt: number;
  receives: number;
}

export interface GraphQueue {
  readonly queues: JobQueues;
  /** Any message that can be received; `isDead` if it was received too often already. */
  receive(): { readonly message: ReceivedMessage; readonly isDead: boolean } | undefined;
  /** Purges the queues, as an operator can. */
  purge(): void;
  isEmpty(): boolean;
}

export interface GraphQueueDeps {
  readonly now: () => number;
  readonly chance: () => number;
  /** The share of messages that are lost, or delivered twice, 0 to 1. */
  readonly luck: () => number;
  readonly visibilityMs: number;
  readonly maxReceives: number;
}

export function createGraphQueue({ now, chance, luck, visibilityMs, maxReceives }: GraphQueueDeps): GraphQueue {
  const kept = new Map<string, Kept>();
  function add(body: string, visibleAt: number): void {
    const messageId = randomUUID();
    kept.set(messageId, { messageId, body, visibleAt, receives: 0 });
  }
  return {
    queues: {
      send(_priority, message, delaySeconds) {
        const body = encodeMessage(message);
        const visibleAt = now() + delaySeconds * 1000;
        if (chance() >= luck()) add(body, visibleAt);
        if (chance() < luck()) add(body, visibleAt);
        return Promise.resolve();
      },
      receive: () => Promise.resolve([]),
      delete: ({ messageId }) => Promise.resolve(void kept.delete(messageId)),
      setVisibility({ messageId }, seconds) {
        const message = kept.get(messageId);
        if (message !== undefined) message.visibleAt = now() + seconds * 1000;
        return Promise.resolve();
      },
      // As SQS reports it after a purge.
      depth: () => Promise.resolve({ visible: 0, inFlight: 0, delayed: 0 }),
      check: () => Promise.resolve(),
    },
    receive() {
      const there = [...kept.values()].filter(({ visibleAt }) => visibleAt <= now());
      const one = there[Math.floor(chance() * there.length)];
      if (one === undefined) return undefined;
      one.receives += 1;
      one.visibleAt = now() + visibilityMs;
      const { messageId, body, receives } = one;
      const message = { queue: 'NORMAL', messageId, receiptHandle: messageId, body, receiveCount: receives, sentAt: now() } as const;
      return { message, isDead: receives > maxReceives };
    },
    purge: () => kept.clear(),
    isEmpty: () => kept.size === 0,
  };
}
