import { describe, expect, test } from 'vitest';
import { tryEntries, type BatchEntry } from './tryEntries.ts';

/** Answers from a script: the entries that fail in the first call, in the second, and so on. */
function scripted(failures: readonly (readonly string[])[], SenderFault = false) {
  const calls: string[][] = [];
  const at: number[] = [];
  const call = (batch: readonly BatchEntry<string>[]) => {
    const failing = failures[calls.length] ?? [];
    calls.push(batch.map(({ entry }) => entry));
    at.push(performance.now());
    const failed = batch.filter(({ entry }) => failing.includes(entry));
    return Promise.resolve(failed.map(({ id }) => ({ Id: id, Code: 'InternalError', Message: 'not now', SenderFault })));
  };
  return { calls, at, call };
}

const random = (): number => 0;
const messages = (outcomes: readonly (Error | undefined)[]) => outcomes.map((outcome) => outcome?.message);

describe('the entries of a batch', () => {
  test('that fail are sent again alone, after a wait that grows', async () => {
    const { calls, at, call } = scripted([['b', 'c'], ['c']]);
    expect(messages(await tryEntries(['a', 'b', 'c'], call, { random }))).toEqual([undefined, undefined, undefined]);
    expect(calls).toEqual([['a', 'b', 'c'], ['b', 'c'], ['c']]);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(20);
  });

  test('that fail three times fail by themselves', async () => {
    const { calls, at, call } = scripted([['b'], ['b'], ['b'], ['b']]);
    expect(messages(await tryEntries(['a', 'b'], call, { random }))).toEqual([undefined, 'SQS: InternalError not now']);
    expect(calls).toEqual([['a', 'b'], ['b'], ['b']]);
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThan(45);
  });

  test('that fail by the sender’s fault are not sent again', async () => {
    const { calls, call } = scripted([['a']], true);
    expect(messages(await tryEntries(['a', 'b'], call, { random }))).toEqual(['SQS: InternalError not now', undefined]);
    expect(calls).toHaveLength(1);
  });

  test('that were sent stay so when the next call fails as a whole', async () => {
    const { calls, call } = scripted([['b']]);
    const away = (batch: readonly BatchEntry<string>[]) => (calls.length === 0 ? call(batch) : Promise.reject(new Error('away')));
    expect(messages(await tryEntries(['a', 'b'], away, { random }))).toEqual([undefined, 'away']);
  });

  test('are not sent again once the queues are closed; then they have failed', async () => {
    const closing = new AbortController();
    const { calls, call } = scripted([['a', 'b']]);
    const closed = (batch: readonly BatchEntry<string>[]) => {
      closing.abort(new Error('closed'));
      return call(batch);
    };
    expect(messages(await tryEntries(['a', 'b', 'c'], closed, { random, signal: closing.signal }))).toEqual([
      'closed',
      'closed',
      undefined,
    ]);
    expect(calls).toHaveLength(1);
    expect(messages(await tryEntries(['a'], call, { random, signal: closing.signal }))).toEqual(['closed']);
    expect(calls).toHaveLength(1);
  });
});
