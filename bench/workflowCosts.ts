/** What it costs in DynamoDB that jobs wait for each other, beyond the same jobs by themselves: of a chain, and of a fan-in. */
import { randomUUID } from 'node:crypto';
import type { WorkflowJobRequest } from '../core/usecases/checkWorkflow.ts';
import { createWorkflow } from '../core/usecases/createWorkflow.ts';
import { workflowKind } from '../core/usecases/workflows.ts';
import { isWorkflowOver } from '../core/workflow/workflow.ts';
import { noObjects } from '../test/support/noObjects.ts';
import { createWorker } from '../worker/worker.ts';
import { createBenchHandlers } from './support/benchJob.ts';
import { createAll } from './support/createAll.ts';
import type { CountedStage } from './support/countedStage.ts';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WorkflowCosts {
  readonly chain: Cost;
  readonly fanIn: Cost;
}
interface Cost {
  readonly x: unknown;
}

const chainJobs = 50;
const fannedIn = 999;

export async function workflowCosts(stage: CountedStage): Promise<void> {
  const show = (what: string) => console.log(what, stage.spent);
  await run(stage, async () => {
    await createAll(stage.core, Array.from({ length: chainJobs }, () => ({ ...plain, traceId: randomUUID() })));
  }, chainJobs);
  show('plain');
  await run(stage, () => hand(stage, Array.from({ length: chainJobs }, (_, index) => job(`j${index}`, index === 0 ? [] : [`j${index - 1}`]))), chainJobs);
  show('chain');
  for (let i = 0; i < 3; i += 1) {
    const names = Array.from({ length: fannedIn }, (_, index) => `j${index}`);
    await run(stage, () => hand(stage, [...names.map((name) => job(name, [], Math.floor(Math.random() * 100))), job('last', names)]), fannedIn + 1);
    show('fan-in');
  }
}

const plain = { owner: 'anonymous', type: 'bench_work', priority: 'NORMAL', delaySeconds: 0, params: {} } as const;

function job(name: string, dependsOn: readonly string[], durationMs = 0): WorkflowJobRequest {
  return { name, type: 'bench_work', params: { durationMs }, dependsOn, whenDependencyFails: 'CANCEL', priority: 'NORMAL' };
}

async function hand({ core }: CountedStage, jobs: readonly WorkflowJobRequest[]): Promise<void> {
  const { workflow } = await createWorkflow(core, { owner: 'anonymous', name: 'flow', traceId: randomUUID(), jobs });
  console.log('made', workflow.making);
  for (;;) {
    const entry = await core.table.entries.get(workflowKind, workflow.workflowId);
    if (entry !== undefined && isWorkflowOver(entry.value)) return;
    await sleep(100);
  }
}

async function run({ core, config, reset }: CountedStage, begin: () => Promise<void>, count: number): Promise<void> {
  const done = Promise.withResolvers<void>();
  let left = count;
  const handlers = createBenchHandlers({ onDone: () => (left -= 1) === 0 && done.resolve() });
  reset();
  const worker = createWorker({ core, handlers, objects: noObjects, settings: { ...config, workerConcurrency: 32 } });
  worker.start();
  await begin();
  await done.promise;
  await worker.stop();
}
import { openCountedStage } from './support/countedStage.ts';
await using st = await openCountedStage({ WORKER_CONCURRENCY: '32' });
await workflowCosts(st);
