import { expect, test } from 'vitest';
import { createSlots } from './slots.ts';
import { StoppedByTest } from './testBucket.ts';

const running = new AbortController().signal;

test('lets in no more than there are slots, in the order of arrival', async () => {
  const slots = createSlots(2);
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  let inside = 0;
  let most = 0;
  const done = gates.map((gate, index) =>
    slots.use(running, async () => {
      begun.push(index);
      inside += 1;
      most = Math.max(most, inside);
      await gate.promise;
      inside -= 1;
    }),
  );
  for (const [index, gate] of gates.entries()) {
    gate.resolve();
    await done[index];
  }
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect(most).toBe(2);
});

test('gives its slot back when the work fails', async () => {
  const slots = createSlots(1);
  await expect(slots.use(running, () => Promise.reject(new StoppedByTest()))).rejects.toBeInstanceOf(StoppedByTest);
  await expect(slots.use(running, () => Promise.resolve('next'))).resolves.toBe('next');
});

test('leaves the queue when the signal fires, and takes no slot', async () => {
  const slots = createSlots(1);
  const gate = Promise.withResolvers<void>();
  const stop = new AbortController();
  const first = slots.use(running, () => gate.promise);
  const second = slots.use(stop.signal, () => Promise.resolve('never'));
  const third = slots.use(running, () => Promise.resolve('third'));
  stop.abort(new StoppedByTest());
  await expect(second).rejects.toBeInstanceOf(StoppedByTest);
  gate.resolve();
  await first;
  await expect(third).resolves.toBe('third');
  await expect(slots.use(stop.signal, () => Promise.resolve('never'))).rejects.toBeInstanceOf(StoppedByTest);
});
