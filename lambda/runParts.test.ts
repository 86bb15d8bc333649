import { expect, test } from 'vitest';
import { runParts } from './runParts.ts';

test('a part that fails does not keep the others from running, each failure is logged, and the run counts as failed', async () => {
  const logged: unknown[] = [];
  const log = { warn: (fields: unknown) => void logged.push(fields) };
  const [sweep, time] = [new Error('no sweep'), new Error('no timer')];
  const done: string[] = [];
  const run = runParts(log, {
    sweep: () => Promise.reject(sweep),
    time: () => {
      throw time;
    },
    tick: async () => void done.push('tick'),
  });
  await expect(run).rejects.toBe(sweep);
  expect(done).toEqual(['tick']);
  expect(logged).toEqual([
    { error: sweep, part: 'sweep' },
    { error: time, part: 'time' },
  ]);
});
