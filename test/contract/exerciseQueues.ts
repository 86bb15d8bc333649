/** The promises of the queues, on any SQS. The emulator's visibility timeout is 1 s and its maximum receive count is 2. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JobPriority } from '../../core/job.ts';
import type { JobQueues, QueueId, ReceivedMessage } from '../../core/queue/jobQueues.ts';
import { decodeMessage, type JobMessage } from '../../core/queue/message.ts';

export interface OpenedQueues {
  readonly queues: JobQueues;
  /** Whether owners are served in turn. No emulator of SQS has groups on standard queues: there, first come, first served. */
  readonly servesInTurn: boolean;
  close(): Promise<void>;
}

export const contractQueueSettings = { visibilityTimeoutSeconds: 1, maxReceiveCount: 2 } as const;

export function exerciseQueues(name: string, open: () => Promise<OpenedQueues>): void {
  describe(`the queues on ${name}`, () => {
    let opened: OpenedQueues;
    let queues: JobQueues;
    beforeAll(async () => {
      opened = await open();
      queues = opened.queues;
    });
    afterAll(() => opened.close());
    beforeEach(async () => {
      for (const queue of ['HIGH', 'NORMAL', 'LOW', 'DEAD_LETTER'] as const) await drain(queue);
    });

    const message = (jobId: string): JobMessage => ({ jobId, generation: 1, version: 1, traceId: 'trace' });

    async function drain(queue: QueueId): Promise<void> {
      for (;;) {
        const { visible, inFlight } = await queues.depth(queue);
        if (visible + inFlight === 0) return;
        for (const received of await queues.receive(queue, { max: 10, waitSeconds: 1 })) await queues.delete(received);
      }
    }

    async function receive(queue: QueueId, count: number): Promise<readonly ReceivedMessage[]> {
      const received: ReceivedMessage[] = [];
      while (received.length < count)
        received.push(...(await queues.receive(queue, { max: Math.min(10, count - received.length), waitSeconds: 5 })));
      return received;
    }

    test('deliver what was sent, each priority on its own', async () => {
      for (const priority of ['HIGH', 'NORMAL', 'LOW'] as const satisfies readonly JobPriority[]) {
        await queues.send(priority, message(`of ${priority}`), 0);
        const [received] = await receive(priority, 1);
        if (received === undefined) throw new Error('nothing came');
        expect(decodeMessage(received.body)).toEqual(message(`of ${priority}`));
        expect(received).toMatchObject({ queue: priority, receiveCount: 1 });
        await queues.delete(received);
      }
    });

    test('take a hundred sends and deletes at once', async () => {
      const ids = Array.from({ length: 100 }, (_, index) => `job-${index}`);
      await Promise.all(ids.map((id) => queues.send('NORMAL', message(id), 0)));
      const received = await receive('NORMAL', 100);
      expect(new Set(received.map(({ body }) => decodeMessage(body)?.jobId))).toEqual(new Set(ids));
      await Promise.all(received.map((one) => queues.delete(one)));
      await expect.poll(() => queues.depth('NORMAL')).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    });

    test('serve owners in turn, where the engine can', async () => {
      const send = (jobId: string, owner: string): Promise<void> => queues.send('NORMAL', message(jobId), 0, owner);
      for (let index = 0; index < 20; index += 1) await send(`many-${index}`, 'greedy');
      await send('one', 'modest');
      const received = await receive('NORMAL', 5);
      expect(received.some(({ body }) => decodeMessage(body)?.jobId === 'one')).toBe(opened.servesInTurn);
    });

    test('take messages of any owner, however odd their name', async () => {
      const owners = ['', ' ', 'a b', 'ä€𝄞', '\ud800', '\u0000', 'x'.repeat(2000), 'Issuer|user@example.com', '"}'];
      await Promise.all(owners.map((owner, index) => queues.send('LOW', message(`job-${index}`), 0, owner)));
      const received = await receive('LOW', owners.length);
      expect(new Set(received.map(({ body }) => decodeMessage(body)?.jobId)).size).toBe(owners.length);
    });

    test('hold a delayed message back', async () => {
      await queues.send('HIGH', message('late'), 1);
      expect(await queues.depth('HIGH')).toMatchObject({ delayed: 1, visible: 0 });
      const [received] = await receive('HIGH', 1);
      expect(decodeMessage(received?.body ?? '')?.jobId).toBe('late');
    });

    test('deliver a message again at once when it is given back, and later when that is asked', async () => {
      await queues.send('NORMAL', message('again'), 0);
      const [first] = await receive('NORMAL', 1);
      if (first === undefined) throw new Error('nothing came');
      await queues.setVisibility(first, 0);
      const [second] = await receive('NORMAL', 1);
      if (second === undefined) throw new Error('nothing came');
      expect(second).toMatchObject({ messageId: first.messageId, receiveCount: 2 });
      await queues.setVisibility(second, 60);
      expect(await queues.receive('NORMAL', { max: 1, waitSeconds: 2 })).toEqual([]);
      await queues.delete(second);
    });

    test('move a message to the dead-letter queue when its receives are used up', async () => {
      await queues.send('LOW', message('hopeless'), 0);
      for (let receives = 0; receives < contractQueueSettings.maxReceiveCount; receives += 1) {
        const [received] = await receive('LOW', 1);
        if (received === undefined) throw new Error('nothing came');
        await queues.setVisibility(received, 0);
      }
      expect(await queues.receive('LOW', { max: 1, waitSeconds: 1 })).toEqual([]);
      const [dead] = await receive('DEAD_LETTER', 1);
      expect(decodeMessage(dead?.body ?? '')).toEqual(message('hopeless'));
    });

    test('end a long poll when they are closed', async () => {
      const aborter = new AbortController();
      const receiving = queues.receive('HIGH', { max: 1, waitSeconds: 20, signal: aborter.signal });
      aborter.abort();
      await expect(receiving).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    });

    test('tell that they answer', async () => {
      await expect(queues.check()).resolves.toBeUndefined();
    });
  });
}
