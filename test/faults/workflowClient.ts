/** Owners of workflows that use the API as users do: hand in, watch with resume, send signals, retry and cancel, until all have ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { WorkflowJobRequest } from '../../core/usecases/checkWorkflow.ts';
import { workflowJobId } from '../../core/workflow/workflow.ts';
import { randomJobs } from '../simulation/randomJobs.ts';
import { program, signalsOf } from '../support/programs.ts';
import { askOver } from './apiClient.ts';
import type { JudgedPlan } from './graphJudge.ts';
import type { SeenTransition } from './workflowWatchChecker.ts';

export interface OwnedWorkflow {
  readonly workflowId: string;
  readonly plan: JudgedPlan;
  readonly seen: readonly SeenTransition[];
}

export interface WorkflowClient {
  /** Repeated until it is answered. */
  handIn(key: string): Promise<OwnedWorkflow>;
  readonly workflows: readonly OwnedWorkflow[];
  /** The jobs and workflows for which a cancel was requested. */
  readonly cancelled: ReadonlySet<string>;
  /** One round of signals, and of random retries and cancels. */
  step(): Promise<void>;
  /** Goes on with signals, and retries jobs that others wait for, until nothing is open or the time is over. */
  untilAtRest(withinMs: number): Promise<void>;
  /** Ends the watches. */
  leave(): Promise<void>;
}

export interface WorkflowClientOptions {
  /** The URL of one of the servers. */
  readonly url: () => string;
  readonly chance: () => number;
  readonly maxJobs: number;
}

const created = z.object({ createWorkflow: z.object({ workflow: z.object({ workflowId: z.string() }) }) });
const open = z.object({
  jobs: z.object({
    edges: z.array(z.object({ node: z.object({ jobId: z.string(), waitingReason: z.string().nullable(), params: z.unknown() }) })),
  }),
});
const jobsQuery = `query ($status: [JobStatus!]) { jobs(filter: { status: $status }, first: 100) { edges { node { jobId waitingReason params } } } }`;
const change = (name: string, field: string): string =>
  `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${field} } }`;

export function openWorkflowClient({ url, chance, maxJobs }: WorkflowClientOptions): WorkflowClient {
  const workflows: OwnedWorkflow[] = [];
  const watches: { leave(): Promise<void> }[] = [];
  const cancelled = new Set<string>();
  const some = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(chance() * items.length)];
  const tried = (query: string, variables: object): Promise<unknown> => askOver(url(), query, variables).catch(() => undefined);

  async function jobsThatAre(status: readonly string[]) {
    const answer = open.safeParse(await tried(jobsQuery, { status }));
    return answer.data?.jobs.edges.map(({ node }) => node);
  }

  async function handIn(idempotencyKey: string): Promise<OwnedWorkflow> {
    const jobs = randomJobs(chance, maxJobs);
    for (;;) {
      const input = { name: 'w', idempotencyKey, jobs };
      const answer = created.safeParse(await tried(change('createWorkflow', 'workflow { workflowId }'), { input }));
      if (!answer.success) {
        await sleep(50 + Math.random() * 100);
        continue;
      }
      const { workflowId } = answer.data.createWorkflow.workflow;
      const seen: SeenTransition[] = [];
      const workflow = { workflowId, plan: planned(workflowId, jobs), seen };
      workflows.push(workflow);
      watches.push(watchWorkflowOver(url, workflowId, seen));
      return workflow;
    }
  }

  /** Returns whether anything is open. Undefined if it is not known. */
  async function signal(): Promise<boolean | undefined> {
    const jobs = await jobsThatAre(['PENDING', 'PROCESSING']);
    for (const { jobId, waitingReason, params } of jobs ?? []) {
      const own = program.params.safeParse(params).data;
      if (own === undefined || (waitingReason !== 'SIGNAL' && chance() > 0.1)) continue;
      for (const name of signalsOf(own.seed, own.depth))
        await tried(change('sendSignal', 'job { jobId }'), { input: { jobId, name, payload: name } });
    }
    return jobs === undefined ? undefined : jobs.length > 0;
  }

  return {
    workflows,
    cancelled,
    handIn,
    async step() {
      await signal();
      const luck = chance();
      const workflowId = some(workflows)?.workflowId;
      if (luck < 0.3) {
        const jobId = some((await jobsThatAre(['FAILED', 'FAILED_FINAL', 'CANCELLED'])) ?? [])?.jobId;
        if (jobId !== undefined) await tried(change('retryJob', 'job { jobId }'), { input: { jobId } });
      } else if (luck < 0.4) {
        const jobId = some((await jobsThatAre(['PENDING', 'PROCESSING'])) ?? [])?.jobId;
        if (jobId === undefined) return;
        cancelled.add(jobId);
        await tried(change('cancelJob', 'job { jobId }'), { input: { jobId } });
      } else if (luck < 0.43 && workflowId !== undefined) {
        cancelled.add(workflowId);
        await tried(change('cancelWorkflow', 'workflow { workflowId }'), { input: { workflowId } });
      }
    },
    async untilAtRest(withinMs) {
      const end = performance.now() + withinMs;
      for (let round = 1; performance.now() < end; round += 1) {
        if ((await signal()) === false) return;
        // Jobs that wait for a retry never end without one.
        if (round % 10 === 0) {
          for (const { workflowId } of workflows)
            await tried(change('retryWorkflow', 'workflow { workflowId }'), { input: { workflowId } });
        }
        await sleep(300);
      }
    },
    async leave() {
      await Promise.all(watches.map((watch) => watch.leave()));
    },
  };
}

function planned(workflowId: string, jobs: readonly WorkflowJobRequest[]): JudgedPlan {
  const numbers = new Map(jobs.map(({ name }, number) => [name, number]));
  const jobIds = jobs.map((_, number) => workflowJobId(workflowId, number));
  return {
    jobIds,
    numberOf: (jobId) => (jobIds.includes(jobId) ? jobIds.indexOf(jobId) : undefined),
    jobs: jobs.map(({ name, dependsOn = [], whenDependencyFails }) => ({
      name,
      whenDependencyFails,
      dependsOn: dependsOn.flatMap((one) => numbers.get(one) ?? []),
    })),
  };
}

const event = z.object({
  workflowChanged: z.object({
    sequence: z.string(),
    jobName: z.string().nullable(),
    jobEvent: z.object({ version: z.number(), status: z.string(), recovered: z.boolean().nullable() }).nullable(),
    workflowVersion: z.number().nullable(),
    workflowStatus: z.string().nullable(),
  }),
});
const subscription = `subscription ($workflowId: ID!, $afterSequence: ID) {
  workflowChanged(workflowId: $workflowId, afterSequence: $afterSequence) {
    sequence jobName jobEvent { version status recovered } workflowVersion workflowStatus
  }
}`;

/** Over all of its connections, and also after an end, since an ended workflow may be retried. */
function watchWorkflowOver(url: () => string, workflowId: string, seen: SeenTransition[]): { leave(): Promise<void> } {
  const leaving = new AbortController();
  let afterSequence: string | undefined;

  async function once(): Promise<void> {
    const client = createClient({ url: `${url().replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
    const onLeave = (): void => void client.dispose();
    leaving.signal.addEventListener('abort', onLeave, { once: true });
    try {
      for await (const { data, errors } of client.iterate({ query: subscription, variables: { workflowId, afterSequence } })) {
        if (errors !== undefined) throw new Error(errors[0]?.message);
        const { sequence, jobName, jobEvent, workflowVersion, workflowStatus } = event.parse(data).workflowChanged;
        afterSequence = sequence;
        if (jobEvent !== null) seen.push({ name: jobName ?? '', ...jobEvent });
        else seen.push({ name: undefined, version: workflowVersion ?? 0, status: workflowStatus ?? '' });
      }
    } finally {
      leaving.signal.removeEventListener('abort', onLeave);
      await client.dispose();
    }
  }

  async function run(): Promise<void> {
    while (!leaving.signal.aborted) {
      await once().catch(() => undefined);
      await sleep(100 + Math.random() * 200);
    }
  }
  const running = run();
  return {
    async leave() {
      leaving.abort();
      await running;
    },
  };
}
