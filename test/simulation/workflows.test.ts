/** Random workflows, whoever dies: none is stuck, none begins too early, and each ends as its graph and its failures say. */
import { afterAll, describe, expect, test } from 'vitest';
import { inMemory } from '../../core/table/sqlite/database.ts';
import { openSqliteTable } from '../../core/table/sqlite/table.ts';
import type { JobTable } from '../../core/table/jobTable.ts';
import { chanceOf, seedOf } from '../faults/chance.ts';
import { createWorkflow } from '../../core/usecases/createWorkflow.ts';
import { readPlan } from '../../core/usecases/workflows.ts';
import { listWorkflows } from '../../core/usecases/listWorkflows.ts';
import { keepParked } from '../../core/usecases/keepParked.ts';
import { tellJob } from '../../core/usecases/tell.ts';
import { transitionJob } from '../../core/usecases/transitionJob.ts';
import { openTestTable } from '../support/backends.ts';
import { dynamoDbEmulators } from '../support/emulators.ts';
import { graph, jobsByName, task } from '../support/workflowTasks.ts';
import { createJobTypes } from '../../core/jobType.ts';
import { exactly } from '../../core/clock.ts';
import { createMemoryTable } from './memoryTable.ts';
import { numberedIds } from './numberedIds.ts';
import { simulatedCore } from './simulatedCore.ts';
import { runRandomWorkflow } from './workflows.ts';
import { sendOnlyQueues } from '../support/sendOnlyQueues.ts';

const isLong = process.env['FAULTS'] === 'long';
/** The same for every run, so that a seed mostly repeats its run; not before today, since an engine may use a clock of its own for expiry. */
const start = Date.UTC(2100, 0, 1);
let now = start;
const time = () => exactly(Math.floor(now));
const sqlite = await openSqliteTable({ file: inMemory, jobTtlDays: 30, clock: { now: () => now } });
afterAll(() => sqlite.close());

/** Returns what was wrong. */
function runOne(seed: number, opened: JobTable): Promise<readonly string[]> {
  now = start;
  const table: JobTable = { ...opened, time: () => Promise.resolve(time()) };
  const deps = { table, queues: sendOnlyQueues(), clock: { now: () => now }, newJobId: numberedIds(seed) };
  const core = simulatedCore(deps, { sweepIntervalSeconds: 600 });
  const surroundings = { core, chance: chanceOf(seed), pass: (ms: number) => void (now += ms), key: `${seed}` };
  return runRandomWorkflow({ ...surroundings, maxJobs: isLong ? 60 : 12 });
}

/** Returns the seed of the first run that went wrong, and what was wrong. One table is used for many runs. */
async function runMany(
  name: string,
  runs: number,
  open: (seed: number) => JobTable,
): Promise<{ readonly seed: number; readonly wrong: readonly string[] }> {
  const first = seedOf();
  for (let seed = first; seed < first + runs; seed += 1) {
    const wrong = await runOne(seed, open(seed));
    if (wrong.length > 0) return { seed, wrong };
    if (isLong && (seed - first) % 50 === 49) process.stdout.write(`random workflows on ${name}: ${seed - first + 1}\n`);
  }
  return { seed: first, wrong: [] };
}

describe(
  'random workflows, whichever process dies: none is stuck or begins too early, and all end and are announced as they should',
  { timeout: 3_600_000 },
  () => {
    test('on a table in memory', async () => {
      // Every other time as an engine that writes all that a process asks for in one turn together.
      const open = (seed: number): JobTable => ({
        ...createMemoryTable({ time, now: () => now, onWrite: () => undefined }),
        keepsOrder: seed % 2 === 1,
      });
      expect(await runMany('memory', isLong ? 2000 : 20, open)).toMatchObject({ wrong: [] });
    });

    test('on SQLite', async () => {
      // It shares its rules with the table in memory, but not its statements.
      expect(await runMany('sqlite', isLong ? 300 : 3, () => sqlite)).toMatchObject({ wrong: [] });
    });

    test.runIf(isLong).for(dynamoDbEmulators)('on DynamoDB: $name', async ({ name, open }) => {
      const emulator = await open();
      const { table, close } = await openTestTable(emulator.endpoint);
      expect(await runMany(name, 20, () => table)).toMatchObject({ wrong: [] });
      await close();
      await emulator.close();
    });
  },
);

test('records of jobs that have ended are kept as long as their workflow is open', async () => {
  const day = 86_400_000;
  const sent: string[] = [];
  const queues = sendOnlyQueues((_priority, { jobId }) => Promise.resolve(void sent.push(jobId)));
  const table: JobTable = { ...sqlite, time: () => Promise.resolve(time()) };
  const core = {
    ...simulatedCore({ table, queues, clock: { now: () => now }, newJobId: numberedIds() }),
    jobTypes: createJobTypes([task]),
  };
  const { workflow } = await createWorkflow(core, { owner: 'keeper', name: 'long', traceId: 't', jobs: graph({ a: [], b: ['a'] }) });
  const a = (await table.get(sent[0] ?? '')) ?? failed();
  const claim = { id: 'c', expiresAt: now + 1000 };
  const claimed = await transitionJob(core, 'claim', a, { facts: { now: time() }, changes: { claim, attempts: 1 } });
  const ended = await transitionJob(core, 'succeed', claimed.job ?? a, { facts: { now: time(), claimId: 'c' } });
  await tellJob(core, ended.job ?? a);
  for (let days = 0; days < 100; days += 1) {
    now += day;
    await keepParked(core);
    await sqlite.expire(now);
  }
  expect((await jobsByName(core, workflow.workflowId))['a']).toMatchObject({ status: 'SUCCEEDED' });
  // The plan too, whoever has it in mind.
  expect(await readPlan({ table: { entries: { ...table.entries } } }, workflow.workflowId)).toBeDefined();
  expect((await listWorkflows(core, { owner: 'keeper', filter: {} })).edges).toHaveLength(1);
  expect(((await table.get(a.jobId))?.expiresAt ?? 0) * 1000).toBeGreaterThan(now + 30 * day);
});

function failed(): never {
  throw new Error('the job is gone');
}
