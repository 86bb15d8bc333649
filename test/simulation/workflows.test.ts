/** Random workflows, whoever dies: none is stuck, none begins too early, and each ends as its graph and its failures say. */
import { afterAll, expect, test } from 'vitest';
import type { JobQueues } from '../../core/queue/jobQueues.ts';
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
import { graph, jobsByName } from '../support/workflowTasks.ts';
import { createMemoryTable } from './memoryTable.ts';
import { simulatedCore } from './simulatedCore.ts';
import { mortal, runRandomWorkflow, taskTypes, timeAt } from './workflows.ts';

const isLong = process.env['FAULTS'] === 'long';
let now = Date.UTC(2026, 0, 1);
let sequence = 0;
const sqlite = await openSqliteTable({ file: inMemory, jobTtlDays: 30, clock: { now: () => now } });
afterAll(() => sqlite.close());

const tables: Readonly<Record<string, { readonly runs: number; readonly open: () => JobTable }>> = {
  memory: {
    runs: isLong ? 2000 : 150,
    open: () => createMemoryTable({ time: timeAt(() => now), now: () => now, onWrite: () => undefined }),
  },
  // Its rules are the predicates of the table in memory, its statements its own.
  sqlite: { runs: isLong ? 300 : 10, open: () => ({ ...sqlite, time: () => Promise.resolve(timeAt(() => now)()) }) },
};

test.for(Object.entries(tables))('random workflows end as they should, on %s', { timeout: 900_000 }, async ([, { runs, open }]) => {
  const first = seedOf();
  for (let seed = first; seed < first + runs; seed += 1) {
    const chance = chanceOf(seed);
    const messages: string[] = [];
    const { table, dieAfter } = mortal(open(), chance);
    const send: JobQueues['send'] = (_priority, { jobId }) => {
      if (chance() > 0.05) messages.push(jobId);
      return Promise.resolve();
    };
    const queues: JobQueues = {
      send,
      receive: () => Promise.resolve([]),
      delete: () => Promise.resolve(),
      setVisibility: () => Promise.resolve(),
      depth: () => Promise.resolve({ visible: 0, inFlight: 0, delayed: 0 }),
      check: () => Promise.resolve(),
    };
    const newJobId = (): string =>
      String((sequence += 1))
        .padStart(10, '0')
        .padEnd(26, '0');
    const core = { ...simulatedCore({ table, queues, clock: { now: () => now }, newJobId }), jobTypes: taskTypes };
    // Each has a key of its own, since one table serves many.
    const world = { core, messages, chance, dieAfter, pass: (ms: number) => void (now += ms), key: String(seed) };
    const wrong = await runRandomWorkflow(world, isLong ? 60 : 25);
    expect(wrong, `FAULT_SEED=${seed}`).toBeUndefined();
  }
});

test('records of jobs that have ended are kept as long as their workflow is open', async () => {
  const day = 86_400_000;
  const sent: string[] = [];
  const queues: JobQueues = {
    send: (_priority, { jobId }) => Promise.resolve(void sent.push(jobId)),
    receive: () => Promise.resolve([]),
    delete: () => Promise.resolve(),
    setVisibility: () => Promise.resolve(),
    depth: () => Promise.resolve({ visible: 0, inFlight: 0, delayed: 0 }),
    check: () => Promise.resolve(),
  };
  const table: JobTable = { ...sqlite, time: () => Promise.resolve(timeAt(() => now)()) };
  const newJobId = (): string =>
    String((sequence += 1))
      .padStart(10, '0')
      .padEnd(26, '0');
  const core = { ...simulatedCore({ table, queues, clock: { now: () => now }, newJobId }), jobTypes: taskTypes };
  const { workflow } = await createWorkflow(core, { owner: 'keeper', name: 'long', traceId: 't', jobs: graph({ a: [], b: ['a'] }) });
  const a = (await table.get(sent[0] ?? '')) ?? failed();
  const claim = { id: 'c', expiresAt: now + 1000 };
  const claimed = await transitionJob(core, 'claim', a, { facts: { now: timeAt(() => now)() }, changes: { claim, attempts: 1 } });
  const ended = await transitionJob(core, 'succeed', claimed.job ?? a, { facts: { now: timeAt(() => now)(), claimId: 'c' } });
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
