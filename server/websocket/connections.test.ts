import { expect, test } from 'vitest';
import { JobError } from '../../core/errors.ts';
import { createConnections, type Connection } from './connections.ts';

const never = new AbortController().signal;
const connection = (end: () => void = () => undefined): Connection => ({ end });

test('lets an owner have as many connections as allowed, and other owners as many', () => {
  const connections = createConnections({ maxPerOwner: 2 });
  const first = connection();
  connections.open('alice', first);
  connections.open('alice', connection());
  expect(() => connections.open('alice', connection())).toThrow(JobError);
  connections.open('bob', connection());
  connections.close('alice', first);
  connections.close('alice', first);
  connections.open('alice', connection());
  expect(() => connections.open('alice', connection())).toThrow('At most 2 connections');
});

test('has no limit where none is set', () => {
  const connections = createConnections({ maxPerOwner: 0 });
  for (let count = 0; count < 5000; count += 1) connections.open('alice', connection());
});

test('ends all that are open, spread over the time allowed, and not those that left meanwhile', async () => {
  const connections = createConnections({ maxPerOwner: 0 });
  const endedAfterMs: number[] = [];
  const startedAt = performance.now();
  const open = Array.from({ length: 200 }, () => connection(() => void endedAfterMs.push(performance.now() - startedAt)));
  for (const each of open) connections.open('alice', each);
  const drained = connections.drain(300, never);
  for (const each of open.slice(100)) connections.close('alice', each);
  await drained;
  expect(endedAfterMs).toHaveLength(100);
  expect(endedAfterMs.filter((ms) => ms < 75).length).toBeLessThan(70);
  expect(endedAfterMs.at(-1)).toBeGreaterThan(100);
});

test('ends a few quickly, and all at once in a hurry', async () => {
  const few = createConnections({ maxPerOwner: 0 });
  let ended = 0;
  const count = (): void => void (ended += 1);
  for (let index = 0; index < 4; index += 1) few.open('alice', connection(count));
  const startedAt = performance.now();
  await few.drain(10_000, never);
  const many = createConnections({ maxPerOwner: 0 });
  for (let index = 0; index < 10_000; index += 1) many.open('alice', connection(count));
  const hurry = new AbortController();
  const drained = many.drain(10_000, hurry.signal);
  hurry.abort();
  await drained;
  expect(ended).toBe(10_004);
  expect(performance.now() - startedAt).toBeLessThan(9000);
});
