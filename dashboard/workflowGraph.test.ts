import { expect, test } from 'vitest';
import { jobHeight, jobWidth, layOut, type GraphJob } from './workflowGraph.ts';

const named = (needs: Readonly<Record<string, readonly string[]>>): readonly GraphJob[] =>
  Object.entries(needs).map(([name, dependsOn]) => ({ name, dependsOn }));

test('each job stands to the right of all that it depends on, and none upon another', () => {
  // Every third number depends on two smaller ones.
  const jobs = Array.from({ length: 1000 }, (_, index) => ({
    name: `job ${index}`,
    dependsOn: index % 3 === 0 || index < 10 ? [] : [`job ${Math.floor(index / 2)}`, `job ${Math.floor(index / 7)}`],
  }));
  const graph = layOut(jobs);
  const places = new Map(graph.jobs.map((job) => [job.name, job]));
  expect(places.size).toBe(1000);
  for (const { name, dependsOn } of jobs) {
    for (const before of dependsOn) expect(places.get(name)?.x).toBeGreaterThanOrEqual((places.get(before)?.x ?? Infinity) + jobWidth);
  }
  expect(new Set(graph.jobs.map(({ x, y }) => `${x} ${y}`)).size).toBe(1000);
  for (const { x, y } of graph.jobs) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(x + jobWidth).toBeLessThanOrEqual(graph.width);
    expect(y + jobHeight).toBeLessThanOrEqual(graph.height);
  }
  expect(graph.edges).toHaveLength(jobs.flatMap(({ dependsOn }) => dependsOn).length);
});

test('a job is as high as those that it depends on, so that chains beside each other do not cross', () => {
  const { jobs } = layOut(named({ a: [], b: [], b2: ['b'], a2: ['a'], a3: ['a2'], b3: ['b2'] }));
  const y = (name: string): number | undefined => jobs.find((job) => job.name === name)?.y;
  expect([y('a2'), y('a3')]).toEqual([y('a'), y('a')]);
  expect([y('b2'), y('b3')]).toEqual([y('b'), y('b')]);
});

test('a layer of 200 is laid in columns, about as wide as high', () => {
  const pages = Object.fromEntries(Array.from({ length: 200 }, (_, page) => [`page ${page}`, ['split']]));
  const { width, height } = layOut(named({ split: [], ...pages, join: Object.keys(pages) }));
  expect(width / height).toBeGreaterThan(1);
  expect(width / height).toBeLessThan(3);
});

test('what is not there yet is left out, and nothing is an empty picture', () => {
  expect(layOut(named({ b: ['a'] }))).toMatchObject({ jobs: [{ name: 'b', x: 0, y: 0 }], edges: [] });
  expect(layOut([])).toEqual({ width: 0, height: 0, jobs: [], edges: [] });
});
