/**
 * The queues in this process: a cache that is filled from the table, so none of it is stored, and memory holds only what has
 * room. Delay, visibility timeout, receive count and dead letters are those of SQS.
 */
import { JobError } from '../../errors.ts';
import { queueIds, type JobQueues, type QueueFill, type QueueId, type ReceivedMessage } from '../jobQueues.ts';
import { encodeMessage } from '../message.ts';
import { createDueList } from './dueList.ts';
import { createFairLine, type FairLine } from './fairLine.ts';
import { createRoom, type Room } from './room.ts';

export interface MemoryQueuesOptions {
  readonly visibilityTimeoutSeconds: number;
  readonly maxReceiveCount: number;
  /** Milliseconds since the epoch: the time at which a message was sent. */
  readonly now: () => number;
  /** Sent along with each message, so that its receiver continues the trace. */
  readonly traceHeader?: () => string | undefined;
  /** The room for waiting messages of each queue, and for delayed ones. Default 8 MiB each: some 14,000 messages. */
  readonly maxBytes?: number;
  /** Called repeatedly until a fill begins, when messages were left out and there is room for them. */
  readonly onRoom?: () => void;
}

export interface MemoryQueues extends JobQueues {
  /** The caller sends a message for each open job that has none here, as long as there is room. */
  beginFill(): QueueFill;
  /** Ends the receives that wait. May be called twice. */
  close(): void;
}

/** The approximate size of a message beside its texts. */
const overheadBytes = 300;

interface Message {
  readonly messageId: string;
  readonly jobId: string;
  readonly owner: string;
  readonly bytes: number;
  readonly body: string;
  readonly sentAt: number;
  readonly traceHeader: string | undefined;
  queue: Queue;
  receives: number;
  /** The timer of the delivery under way: it delivers the message again when its visibility timeout is over. */
  timer: NodeJS.Timeout | undefined;
}

interface Queue {
  readonly id: QueueId;
  readonly ready: FairLine<Message>;
  readonly room: Room;
  /** By receipt handle: every delivery has its own. */
  readonly inFlight: Map<string, Message>;
  /** Receives that wait, oldest first. */
  readonly waiting: Set<(messages: readonly ReceivedMessage[]) => void>;
  delayed: number;
}

export function createMemoryQueues(options: MemoryQueuesOptions): MemoryQueues {
  const { visibilityTimeoutSeconds, maxReceiveCount, now, traceHeader = () => undefined } = options;
  const { maxBytes = 8 * 1024 ** 2, onRoom = () => undefined } = options;
  const openQueue = (id: QueueId): Queue => ({
    id,
    ready: createFairLine(),
    // The dead-letter queue has no bound: for a message that is not one of ours there is no record from which it could be sent again.
    room: createRoom(id === 'DEAD_LETTER' ? Infinity : maxBytes),
    inFlight: new Map(),
    waiting: new Set(),
    delayed: 0,
  });
  const deadLetters = openQueue('DEAD_LETTER');
  const queues = new Map(queueIds.map((id) => [id, id === 'DEAD_LETTER' ? deadLetters : openQueue(id)]));
  const delayed = createDueList<Message>((message) => {
    leaveDelayed(message);
    deliver(message);
    lookForRoom();
  });
  const roomForDelayed = createRoom(maxBytes);
  const rooms = [...[...queues.values()].map(({ room }) => room), roomForDelayed];
  /** A delayed message that is due from this time on has no room. */
  let horizon = Infinity;
  let sent = 0;
  let arrived = Promise.withResolvers<void>();

  function queueOf(id: QueueId): Queue {
    const queue = queues.get(id);
    if (queue === undefined) throw new Error(`there is no queue ${id}`);
    return queue;
  }

  function deliver(message: Message): void {
    const { queue, owner, bytes } = message;
    const [receiver] = queue.waiting;
    if (receiver !== undefined) return receiver([take(message)]);
    // Messages that were received before are few, and nothing else sends them again.
    if (message.receives === 0 && !queue.room.has(bytes) && !makeRoom(queue, owner)) return;
    queue.ready.push(owner, message);
    queue.room.add(bytes);
    if (queue === deadLetters) return;
    arrived.resolve();
    arrived = Promise.withResolvers();
  }

  /** The owner with the most waiting messages gives way: one with a million jobs leaves room for another's first. */
  function makeRoom({ ready, room }: Queue, owner: string): boolean {
    room.leaveOut();
    const last = ready.popLongest(owner);
    if (last !== undefined) room.remove(last.bytes);
    return last !== undefined;
  }

  function delay(message: Message, at: number): void {
    message.queue.delayed += 1;
    roomForDelayed.add(message.bytes);
    delayed.add(message, at);
    if (roomForDelayed.has(0)) return;
    const { items, from } = delayed.dropLatest();
    for (const item of items) leaveDelayed(item);
    horizon = from;
    roomForDelayed.leaveOut();
  }

  function leaveDelayed({ queue, bytes }: Message): void {
    queue.delayed -= 1;
    roomForDelayed.remove(bytes);
  }

  function lookForRoom(): void {
    if (rooms.some(({ wantsMore }) => wantsMore)) onRoom();
  }

  function* held(): Generator<string, void, undefined> {
    for (const { ready, inFlight } of queues.values()) for (const { jobId } of [...ready.values(), ...inFlight.values()]) yield jobId;
    for (const { jobId } of delayed.values()) yield jobId;
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
      const dueAt = performance.now() + delaySeconds * 1000;
      // Checked before the message is built: there may be a million of them.
      if (delaySeconds > 0 && dueAt >= horizon) return roomForDelayed.leaveOut();
      sent += 1;
      const body = encodeMessage(message);
      const own: Message = {
        messageId: String(sent),
        jobId: message.jobId,
        owner,
        bytes: overheadBytes + body.length + owner.length,
        body,
        sentAt: now(),
        traceHeader: traceHeader(),
        queue,
        receives: 0,
        timer: undefined,
      };
      if (delaySeconds <= 0) deliver(own);
      else delay(own, dueAt);
    },

    beginFill() {
      const reopened = rooms.filter((room) => room.wantsMore || !room.leavesOut);
      for (const room of reopened) room.reopen();
      if (!roomForDelayed.leavesOut) horizon = Infinity;
      const jobIds = new Set(held());
      return { holds: (jobId) => jobIds.has(jobId), hasRoom: () => reopened.some(({ leavesOut }) => !leavesOut) };
    },

    async receive(id, { max, waitSeconds, signal }) {
      const queue = queueOf(id);
      const messages: ReceivedMessage[] = [];
      while (messages.length < max) {
        const message = queue.ready.shift();
        if (message === undefined) break;
        queue.room.remove(message.bytes);
        messages.push(take(message));
      }
      lookForRoom();
      return messages.length > 0 || waitSeconds <= 0 ? messages : wait(queue, waitSeconds, signal);
    },

    arrival() {
      const hasSome = [...queues.values()].some((queue) => queue !== deadLetters && queue.ready.size > 0);
      return hasSome ? Promise.resolve() : arrived.promise;
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
