import { expect, test } from 'vitest';
import { decodeMessage } from '../message.ts';
import { createDueList } from './dueList.ts';
import { createFairLine } from './fairLine.ts';
import { createMemoryQueues } from './queues.ts';

const open = () => createMemoryQueues({ visibilityTimeoutSeconds: 30, maxReceiveCount: 3, now: Date.now });
const message = (jobId: string) => ({ jobId, generation: 1, version: 1, traceId: 'trace' });

test('an owner with a thousand waiting jobs makes no other owner wait', async () => {
  const queues = open();
  for (let index = 0; index < 1000; index += 1) await queues.send('NORMAL', message(`many-${index}`), 0, 'greedy');
  await queues.send('NORMAL', message('one'), 0, 'modest');
  await queues.send('NORMAL', message('two'), 0, 'modest');
  const received = await queues.receive('NORMAL', { max: 5, waitSeconds: 0 });
  expect(received.map(({ body }) => decodeMessage(body)?.jobId)).toEqual(['many-0', 'one', 'many-1', 'two', 'many-2']);
  queues.close();
});

test('a message whose receiver died comes back when its visibility timeout is over, and counts its receives', async () => {
  const queues = createMemoryQueues({ visibilityTimeoutSeconds: 0.05, maxReceiveCount: 2, now: Date.now });
  await queues.send('NORMAL', message('lost'), 0);
  expect(await queues.receive('NORMAL', { max: 1, waitSeconds: 1 })).toMatchObject([{ receiveCount: 1 }]);
  expect(await queues.receive('NORMAL', { max: 1, waitSeconds: 1 })).toMatchObject([{ receiveCount: 2 }]);
  expect(await queues.receive('DEAD_LETTER', { max: 1, waitSeconds: 1 })).toMatchObject([{ receiveCount: 1 }]);
  queues.close();
});

test('a receipt of an earlier delivery neither deletes nor hides the later one', async () => {
  const queues = open();
  await queues.send('NORMAL', message('job'), 0);
  const [first] = await queues.receive('NORMAL', { max: 1, waitSeconds: 0 });
  if (first === undefined) throw new Error('nothing came');
  await queues.setVisibility(first, 0);
  const [second] = await queues.receive('NORMAL', { max: 1, waitSeconds: 0 });
  await queues.delete(first);
  await expect(queues.setVisibility(first, 0)).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  expect(await queues.depth('NORMAL')).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
  expect(second?.receiveCount).toBe(2);
  queues.close();
});

test('closing ends the receives that wait, and closing twice does no harm', async () => {
  const queues = open();
  const waiting = queues.receive('HIGH', { max: 1, waitSeconds: 20 });
  queues.close();
  queues.close();
  expect(await waiting).toEqual([]);
});

test('delayed messages come in order of time, whatever order they were sent in', async () => {
  const came: number[] = [];
  const all = Promise.withResolvers<void>();
  const list = createDueList<number>((item) => {
    came.push(item);
    if (came.length === 500) all.resolve();
  });
  const start = performance.now();
  for (let index = 0; index < 500; index += 1) {
    const delay = (index * 7919) % 500;
    list.add(delay, start + delay / 10);
  }
  await all.promise;
  expect(came).toEqual(came.toSorted((a, b) => a - b));
  expect(list.size).toBe(0);
});

test('a line keeps the order within an owner through ten thousand pushes and shifts', () => {
  const line = createFairLine<number>();
  const taken: number[] = [];
  for (let index = 0; index < 10_000; index += 1) {
    line.push('owner', index);
    if (index % 3 > 0) taken.push(line.shift() ?? -1);
  }
  while (line.size > 0) taken.push(line.shift() ?? -1);
  expect(taken).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
  expect(line.shift()).toBeUndefined();
});

/** A table of jobs by their owners, from which queues with little room are filled. */
function openSmall(owners: ReadonlyMap<string, string>) {
  const queues = createMemoryQueues({
    visibilityTimeoutSeconds: 30,
    maxReceiveCount: 3,
    now: Date.now,
    maxBytes: 10_000,
    onRoom: () => fill(),
  });
  function fill(): void {
    const { holds, hasRoom } = queues.beginFill();
    for (const [jobId, owner] of owners) if (!holds(jobId) && hasRoom()) void queues.send('NORMAL', message(jobId), 0, owner);
  }
  return queues;
}

test('messages without room are left out and come with a fill from the table: each job once', async () => {
  const owners = new Map(Array.from({ length: 500 }, (_, index) => [`job-${index}`, `owner-${index % 7}`]));
  const queues = openSmall(owners);
  for (const [jobId, owner] of owners) await queues.send('NORMAL', message(jobId), 0, owner);
  const came: string[] = [];
  for (;;) {
    const { visible } = await queues.depth('NORMAL');
    expect(visible).toBeLessThan(40);
    const [received] = await queues.receive('NORMAL', { max: 1, waitSeconds: 0 });
    if (received === undefined) break;
    const jobId = decodeMessage(received.body)?.jobId ?? '';
    came.push(jobId);
    owners.delete(jobId);
    await queues.delete(received);
  }
  expect(came).toHaveLength(500);
  expect(new Set(came).size).toBe(500);
  queues.close();
});

test('an owner who fills all the room gives way to another', async () => {
  const queues = openSmall(new Map());
  for (let index = 0; index < 500; index += 1) await queues.send('NORMAL', message(`many-${index}`), 0, 'greedy');
  await queues.send('NORMAL', message('one'), 0, 'modest');
  const received = await queues.receive('NORMAL', { max: 2, waitSeconds: 0 });
  expect(received.map(({ body }) => decodeMessage(body)?.jobId)).toEqual(['many-0', 'one']);
  queues.close();
});

test('of delayed messages the soonest have room, and take none from waiting messages or other queues', async () => {
  const asked = Promise.withResolvers<void>();
  const queues = createMemoryQueues({
    visibilityTimeoutSeconds: 30,
    maxReceiveCount: 3,
    now: Date.now,
    maxBytes: 10_000,
    onRoom: () => asked.resolve(),
  });
  for (let index = 500; index > 0; index -= 1) await queues.send('NORMAL', message(`in-${index}`), index / 100);
  const { delayed } = await queues.depth('NORMAL');
  expect(delayed).toBeGreaterThan(10);
  expect(delayed).toBeLessThan(40);
  await queues.send('NORMAL', message('now'), 0);
  const came: (string | undefined)[] = [];
  while (came.length < 6) {
    const received = await queues.receive('NORMAL', { max: 10, waitSeconds: 5 });
    came.push(...received.map(({ body }) => decodeMessage(body)?.jobId));
  }
  expect(came.slice(0, 6)).toEqual(['now', 'in-1', 'in-2', 'in-3', 'in-4', 'in-5']);
  // When few of them are left, the queue asks for the others.
  await asked.promise;
  expect((await queues.depth('NORMAL')).delayed).toBeLessThan(20);
  queues.close();
});
