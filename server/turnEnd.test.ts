import { expect, test } from 'vitest';
import { createTurnEnd } from './turnEnd.ts';

test('all that wait in one turn go on together, after the table has got its requests', async () => {
  const seen: string[] = [];
  const turnEnd = createTurnEnd({ dispatch: () => void seen.push('dispatched') });
  const write = async (name: string): Promise<void> => {
    await turnEnd();
    seen.push(name);
  };
  const writes = [write('first'), write('second')];
  await Promise.resolve();
  // A request of the same turn, after the writes were asked for.
  seen.push('asked');
  await Promise.all(writes);
  expect(seen).toEqual(['asked', 'dispatched', 'first', 'second']);
  await write('next turn');
  expect(seen.slice(4)).toEqual(['dispatched', 'next turn']);
});

test('a table without a turn of its own needs nothing', async () => {
  await createTurnEnd({})();
});
