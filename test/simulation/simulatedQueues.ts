/** The queues' contract on an agenda: at least once, in any order, now and then not at all. */
import { JobError } from '../../core/errors.ts';
import type { JobQueues } from '../../core/queue/jobQueues.ts';
import type { JobMessage } from '../../core/queue/message.ts';
import type { Agenda } from './agenda.ts';
import { sendOnlyQueues } from '../support/sendOnlyQueues.ts';

export interface Message {
  readonly body: JobMessage;
  receives: number;
  /** Each delivery that was planned for an older turn is off. */
  turn: number;
  isGone: boolean;
}

export interface SimulatedQueues extends Pick<JobQueues, 'send'> {
  readonly queues: JobQueues;
  /** The message is there again after so long. */
  deliverIn(message: Message, ms: number): void;
  /** Answers how many messages there were. */
  empty(): number;
}

export interface SimulatedQueuesDeps {
  readonly agenda: Agenda;
  readonly chance: () => number;
  readonly maxReceives: number;
  readonly onReceived: (message: Message) => Promise<void>;
  readonly onDead: (message: Message) => Promise<void>;
}

export function createSimulatedQueues({ agenda, chance, maxReceives, onReceived, onDead }: SimulatedQueuesDeps): SimulatedQueues {
  let all = new Set<Message>();

  function deliverIn(message: Message, ms: number): void {
    message.turn += 1;
    const { turn } = message;
    agenda.in(ms, async () => {
      if (message.isGone) all.delete(message);
      if (message.isGone || message.turn !== turn) return;
      message.receives += 1;
      await (message.receives > maxReceives ? onDead(message) : onReceived(message));
    });
  }

  function add(body: JobMessage, delayMs: number): void {
    const message = { body, receives: 0, turn: 0, isGone: false };
    all.add(message);
    deliverIn(message, delayMs);
  }

  const send: JobQueues['send'] = (_priority, body, delaySeconds) => {
    const luck = chance();
    // The server, or the message, is lost on its way.
    if (luck < 0.005) return Promise.resolve();
    if (luck < 0.008) return Promise.reject(new JobError('QUEUE_UNAVAILABLE'));
    const delayMs = delaySeconds * 1000 + chance() * 300;
    add(body, delayMs);
    if (luck < 0.01) return Promise.reject(new JobError('QUEUE_UNAVAILABLE'));
    if (luck < 0.03) add(body, delayMs + chance() * 60_000);
    return Promise.resolve();
  };

  return {
    send,
    deliverIn,
    empty() {
      const count = all.size;
      for (const message of all) message.isGone = true;
      all = new Set();
      return count;
    },
    queues: sendOnlyQueues(send),
  };
}
