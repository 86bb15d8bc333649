import { expect, test } from 'vitest';
import { finalStatuses, isFinal, jobStatuses } from './job.ts';
import { touches, transitions } from './transitions.ts';

test('leaves a final state only by a retry of the job, or of the job because of which it was cancelled', () => {
  const leaving = transitions.filter(({ from }) => from.some((status) => isFinal(status))).map(({ event }) => event);
  expect(leaving).toEqual(['revive', 'retry']);
});

test('never leaves SUCCEEDED', () => {
  expect(transitions.filter(({ from }) => (from as readonly string[]).includes('SUCCEEDED'))).toEqual([]);
});

test('reaches every state', () => {
  const reached = new Set<string>(['PENDING', ...transitions.map(({ to }) => to)]);
  expect(reached).toEqual(new Set(jobStatuses));
});

test('lets a worker write to a job only under its claim', () => {
  const byWorker = [...transitions, ...touches].filter(({ by }) => by.startsWith('worker'));
  const unfenced = byWorker.filter(({ guards }) => !(guards as readonly string[]).includes('holdsClaim'));
  expect(unfenced.map((rule) => ('event' in rule ? rule.event : rule.touch))).toEqual(['claim', 'reclaim', 'park']);
});

test('ends only in final states that it names', () => {
  expect(jobStatuses.filter(isFinal)).toEqual([...finalStatuses]);
});

test('gives each event one name', () => {
  const names = [...transitions.map(({ event }) => event), ...touches.map(({ touch }) => touch)];
  expect(new Set(names).size).toBe(names.length);
});
