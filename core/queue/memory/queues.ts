/**
 * The queues in this process: a hint that is filled from the table, so nothing of it is kept, and no more of it is in
 * memory than has room. Delay, visibility, receives and dead letters are those of SQS.
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
  /** Milliseconds since the epoch, for when a message was sent. */
  readonly now: () => number;
  /** Sent along with each message, for its receiver to go on with the trace. */
  readonly traceHeader?: () => string | undefined;
  /** What may wait in each queue, and what may be delayed. Default 8 MiB each: some 14,000 messages. */
  readonly maxBytes?: number;
  /** Called, again and again until a fill begins, when messages were left out and there is room for them. */
  readonly onRoom?: () => void;
}

export interface MemoryQueues extends JobQueues {
  /** Whoever calls it sends a message for each open job that it does not hold, as long as it has room. */
  beginFill(): QueueFill;
  /** Receives that wait are ended. Twice is fine. */
  close(): void;
}

/** What a message takes beside its texts, about. */
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
  /** Of the delivery under way: delivers it again when its visibility is over. */
  timer: NodeJS.Timeout | undefined;
}

interface Queue {
  readonly id: QueueId;
  readonly ready: FairLine<Message>;
  readonly room: Room;
  /** By receipt handle, which every delivery has its own of. */
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
    // Of what could not be handled, no job's record tells.
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
  /** What is due from then on has no room. */
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
    // What was received before is little, and is not sent again by itself.
    if (message.receives === 0 && !queue.room.has(bytes) && !makeRoom(queue, owner)) return;
    queue.ready.push(owner, message);
    queue.room.add(bytes);
    if (queue === deadLetters) return;
    arrived.resolve();
    arrived = Promise.withResolvers();
  }

  /** Whoever has most waiting gives way: an owner with a million jobs leaves room for another's first. */
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
      // Before anything is made of it: there may be a million of them.
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
