/**
 * The queues in this process: a hint that is filled from the table at the start, so nothing of it is kept. Delay,
 * visibility, receives and dead letters are those of SQS.
 */
import { JobError } from '../../errors.ts';
import { queueIds, type JobQueues, type QueueId, type ReceivedMessage } from '../jobQueues.ts';
import { encodeMessage } from '../message.ts';
import { createDueList } from './dueList.ts';
import { createFairLine, type FairLine } from './fairLine.ts';

export interface MemoryQueuesOptions {
  readonly visibilityTimeoutSeconds: number;
  readonly maxReceiveCount: number;
  /** Milliseconds since the epoch, for when a message was sent. */
  readonly now: () => number;
  /** Sent along with each message, for its receiver to go on with the trace. */
  readonly traceHeader?: () => string | undefined;
}

export interface MemoryQueues extends JobQueues {
  /** Receives that wait are ended. Twice is fine. */
  close(): void;
}

interface Message {
  readonly messageId: string;
  readonly owner: string;
  readonly body: string;
  readonly sentAt: number;
  readonly traceHeader: string | undefined;
  queue: Queue;
  receives: number;
  /** Of the delivery under way: delivers it again when its visibility is over. */
  timer: NodeJS.Timeout | undefined;
}

interface Queue {
  readonly id: QueueId;
  readonly ready: FairLine<Message>;
  /** By receipt handle, which every delivery has its own of. */
  readonly inFlight: Map<string, Message>;
  /** Receives that wait, oldest first. */
  readonly waiting: Set<(messages: readonly ReceivedMessage[]) => void>;
  delayed: number;
}

export function createMemoryQueues(options: MemoryQueuesOptions): MemoryQueues {
  const { visibilityTimeoutSeconds, maxReceiveCount, now, traceHeader = () => undefined } = options;
  const openQueue = (id: QueueId): Queue => ({ id, ready: createFairLine(), inFlight: new Map(), waiting: new Set(), delayed: 0 });
  const deadLetters = openQueue('DEAD_LETTER');
  const queues = new Map(queueIds.map((id) => [id, id === 'DEAD_LETTER' ? deadLetters : openQueue(id)]));
  const delayed = createDueList<Message>((message) => {
    message.queue.delayed -= 1;
    deliver(message);
  });
  let sent = 0;

  function queueOf(id: QueueId): Queue {
    const queue = queues.get(id);
    if (queue === undefined) throw new Error(`there is no queue ${id}`);
    return queue;
  }

  function deliver(message: Message): void {
    const [receiver] = message.queue.waiting;
    if (receiver === undefined) message.queue.ready.push(message.owner, message);
    else receiver([take(message)]);
  }

  function take(message: Message): ReceivedMessage {
    message.receives += 1;
    const { queue, messageId, body, receives, sentAt } = message;
    const receiptHandle = `${messageId}/${queue.id}/${receives}`;
    queue.inFlight.set(receiptHandle, message);
    hide(message, receiptHandle, visibilityTimeoutSeconds);
    return { queue: queue.id, messageId, receiptHandle, body, receiveCount: receives, sentAt, traceHeader: message.traceHeader };
  }

  function hide(message: Message, receiptHandle: string, seconds: number): void {
    clearTimeout(message.timer);
    message.timer = setTimeout(giveBack, seconds * 1000, message, receiptHandle).unref();
  }

  function giveBack(message: Message, receiptHandle: string): void {
    message.queue.inFlight.delete(receiptHandle);
    if (message.queue !== deadLetters && message.receives >= maxReceiveCount) {
      message.queue = deadLetters;
      message.receives = 0;
    }
    deliver(message);
  }

  function wait(queue: Queue, waitSeconds: number, signal: AbortSignal | undefined): Promise<readonly ReceivedMessage[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly ReceivedMessage[]>();
    const leave = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cutOff);
      queue.waiting.delete(receive);
    };
    const receive = (messages: readonly ReceivedMessage[]): void => {
      leave();
      resolve(messages);
    };
    const cutOff = (): void => {
      leave();
      reject(new JobError('QUEUE_UNAVAILABLE', { message: 'The receive was cut off.' }));
    };
    const timer = setTimeout(receive, waitSeconds * 1000, []);
    queue.waiting.add(receive);
    signal?.addEventListener('abort', cutOff, { once: true });
    if (signal?.aborted === true) cutOff();
    return promise;
  }

  return {
    async send(priority, message, delaySeconds, owner = '') {
      const queue = queueOf(priority);
      sent += 1;
      const own: Message = {
        messageId: String(sent),
        owner,
        body: encodeMessage(message),
        sentAt: now(),
        traceHeader: traceHeader(),
        queue,
        receives: 0,
        timer: undefined,
      };
      if (delaySeconds <= 0) return deliver(own);
      queue.delayed += 1;
      delayed.add(own, performance.now() + delaySeconds * 1000);
    },

    async receive(id, { max, waitSeconds, signal }) {
      const queue = queueOf(id);
      const messages: ReceivedMessage[] = [];
      while (messages.length < max) {
        const message = queue.ready.shift();
        if (message === undefined) break;
        messages.push(take(message));
      }
      return messages.length > 0 || waitSeconds <= 0 ? messages : wait(queue, waitSeconds, signal);
    },

    async delete({ queue, receiptHandle }) {
      const { inFlight } = queueOf(queue);
      clearTimeout(inFlight.get(receiptHandle)?.timer);
      inFlight.delete(receiptHandle);
    },

    async setVisibility({ queue, receiptHandle }, seconds) {
      const message = queueOf(queue).inFlight.get(receiptHandle);
      if (message === undefined) throw new JobError('QUEUE_UNAVAILABLE', { message: 'The message is not in flight.' });
      clearTimeout(message.timer);
      if (seconds <= 0) giveBack(message, receiptHandle);
      else hide(message, receiptHandle, seconds);
    },

    async depth(id) {
      const { ready, inFlight, delayed } = queueOf(id);
      return { visible: ready.size, inFlight: inFlight.size, delayed };
    },

    check: () => Promise.resolve(),

    close() {
      delayed.close();
      for (const { inFlight, waiting } of queues.values()) {
        for (const { timer } of inFlight.values()) clearTimeout(timer);
        for (const receive of waiting) receive([]);
      }
    },
  };
}
