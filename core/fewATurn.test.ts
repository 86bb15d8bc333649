import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createFewATurn } from './fewATurn.ts';

test('begins a few calls in each turn of the event loop, in order, including calls that others add', async () => {
  const begins = createFewATurn(2);
  const begun: number[] = [];
  const call = (name: number) => () => void begun.push(name);
  begins.add(
    () => {
      begun.push(1);
      begins.add(call(5));
    },
    call(2),
    call(3),
  );
  begins.add(call(4));
  expect(begun).toEqual([1, 2]);
  await setImmediate();
  expect(begun).toEqual([1, 2, 3, 5]);
  await setImmediate();
  expect(begun).toEqual([1, 2, 3, 5, 4]);
  begins.add(call(6));
  expect(begun).toEqual([1, 2, 3, 5, 4, 6]);
});
