import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBatcher } from './batcher.ts';

/** A `send` that records its batches and ends when the test says so. */
function controlled() {
  const batches: {
    entries: readonly string[];
    finish: (outcomes?: readonly (Error | undefined)[]) => void;
    break: (error: Error) => void;
  }[] = [];
  const batcher = createBatcher<string>({
    maxEntries: 10,
    maxBytes: 100,
    lingerMs: 4,
    isEager: true,
    sizeOf: (entry) => entry.length,
    send: (entries) =>
      new Promise((resolve, reject) => {
        batches.push({ entries, finish: (outcomes = []) => resolve(outcomes), break: reject });
      }),
  });
  return { batcher, batches };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('a batcher', () => {
  test('sends at once when nothing is in flight, together with what came in the same turn', async () => {
    const { batcher, batches } = controlled();
    const calls = ['a', 'b'].map((entry) => batcher.add(entry));
    await turn();
    expect(batches.map(({ entries }) => entries)).toEqual([['a', 'b']]);
    batches[0]?.finish();
    await Promise.all(calls);
  });

  test('sends a full batch without waiting for the one in flight', async () => {
    const { batcher, batches } = controlled();
    const calls = Array.from({ length: 25 }, (_, index) => batcher.add(`entry ${index}`.slice(0, 7)));
    expect(batches.map(({ entries }) => entries.length)).toEqual([10, 10]);
    batches[0]?.finish();
    await turn();
    expect(batches.map(({ entries }) => entries.length)).toEqual([10, 10, 5]);
    for (const batch of batches) batch.finish();
    await Promise.all(calls);
  });

  test('waits no longer than its linger time while another batch is in flight', async () => {
    const { batcher, batches } = controlled();
    const first = batcher.add('a');
    await turn();
    const second = batcher.add('b');
    await expect.poll(() => batches.length).toBe(2);
    for (const batch of batches) batch.finish();
    await Promise.all([first, second]);
  });

  test('fails an entry by its own error alone', async () => {
    const { batcher, batches } = controlled();
    const calls = ['a', 'b', 'c'].map((entry) => batcher.add(entry));
    await turn();
    batches[0]?.finish([undefined, new Error('no b'), undefined]);
    const settled = await Promise.allSettled(calls);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('fails every entry of a batch that could not be sent, and keeps working', async () => {
    const { batcher, batches } = controlled();
    const calls = ['a', 'b'].map((entry) => batcher.add(entry));
    await turn();
    batches[0]?.break(new Error('away'));
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = batcher.add('c');
    await turn();
    batches[1]?.finish();
    await next;
  });

  test('keeps every batch within its limits, and sends each entry once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 60 }), fc.boolean(), async (sizes, isEager) => {
        const sent: (readonly string[])[] = [];
        const batcher = createBatcher<string>({
          maxEntries: 10,
          maxBytes: 100,
          lingerMs: 1,
          isEager,
          sizeOf: (entry) => entry.length,
          send: async (entries) => {
            sent.push(entries);
            await turn();
            return [];
          },
        });
        await Promise.all(sizes.map((size) => batcher.add('x'.repeat(size))));
        expect(sent.flat()).toHaveLength(sizes.length);
        for (const entries of sent) {
          expect(entries.length).toBeLessThanOrEqual(10);
          expect(entries.join('').length).toBeLessThanOrEqual(100);
        }
      }),
      { numRuns: 30 },
    );
  });
});
