/** Job types of flows, listed as a team lists its own (the setting JOBS): jobs that do nothing, and one that creates such jobs and waits for them. */
import { z } from 'zod';
import { defineHandler } from '../../core/handler.ts';
import { listJob, listJobs } from '../../core/jobList.ts';
import { defineJobType } from '../../core/jobType.ts';

const policy = { timeoutSeconds: 60 };

const leaf = defineJobType({
  name: 'flow_leaf',
  description: 'Does nothing, and returns when it ran.',
  params: z.strictObject({ durationMs: z.int().default(0) }),
  /** A time of the process's monotonic clock. */
  result: z.object({ beganMs: z.number(), endedMs: z.number() }),
  policy,
  example: {},
});

const parent = defineJobType({
  name: 'flow_parent',
  description: 'Creates the given number of jobs that do nothing, and waits for them.',
  params: z.strictObject({ children: z.int() }),
  result: z.number(),
  policy,
  example: { children: 100 },
});

const leafHandler = defineHandler(leaf, () => {
  const beganMs = performance.now();
  return Promise.resolve({ beganMs, endedMs: performance.now() });
});

const parentHandler = defineHandler(parent, async ({ children }, { createJob, waitFor }) => {
  const names = Array.from({ length: children }, (_, index) => `child ${index}`);
  await Promise.all(names.map((name) => createJob(name, { type: leaf.name })));
  const ended = await waitFor(names);
  return Object.values(ended).filter(({ status }) => status === 'SUCCEEDED').length;
});

export default listJobs([
  listJob(leaf, () => Promise.resolve({ handler: leafHandler })),
  listJob(parent, () => Promise.resolve({ handler: parentHandler })),
]);
