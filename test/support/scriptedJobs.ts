/** A type whose jobs run the test's script with their name, and a system with this type: for trees of jobs. */
import { z } from 'zod';
import { defineHandler, type HandlerContext } from '../../core/handler.ts';
import type { Job, JobStatus, JsonValue } from '../../core/job.ts';
import { anyJson, createJobTypes, defineJobType } from '../../core/jobType.ts';
import type { WorkflowJobRequest } from '../../core/usecases/checkWorkflow.ts';
import { childrenOf } from '../../core/usecases/childList.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { createWorkflow } from '../../core/usecases/createWorkflow.ts';
import type { Engine } from './engines.ts';
import { startSystem } from './startSystem.ts';

export const owner = 'owner';

const scripted = defineJobType({
  name: 'scripted',
  description: 'Runs the test’s script.',
  params: z.string(),
  result: anyJson,
  policy: { timeoutSeconds: 60, attemptsPerReceive: 1, backoffBaseMs: 1, backoffMaxMs: 2 },
  example: '',
});

/** `run`: 1 for the first run with that name, whatever the attempt. */
export type Script = (context: HandlerContext, run: number) => Promise<JsonValue> | JsonValue;

export interface ScriptedJobs extends AsyncDisposable {
  readonly core: Core;
  /** By name; a job without a script returns its name. */
  readonly scripts: Map<string, Script>;
  /** Names, in the order in which runs began. */
  readonly began: string[];
  /** Hands in a job with that name and returns its jobId. */
  begin(name: string, script?: Script): Promise<string>;
  /** `a: []`, `b: ['a']`. Returns the workflowId. */
  beginWorkflow(needs: Readonly<Record<string, readonly string[]>>, more?: Workflows): Promise<string>;
  /** Returns its record, once it has the status. */
  comesTo(jobId: string, status: JobStatus): Promise<Job>;
  /** By their names. */
  children(jobId: string): Promise<Readonly<Record<string, Job>>>;
}

type Workflows = Readonly<Record<string, Partial<WorkflowJobRequest>>>;

/** The request for a child with that name. */
export const childOf = (params: string) => ({ type: scripted.name, params });

export async function openScriptedJobs(engine: Engine, slots: number): Promise<ScriptedJobs> {
  const scripts = new Map<string, Script>();
  const began: string[] = [];
  const handler = defineHandler(scripted, async (name, context) => {
    began.push(name);
    const run = began.filter((one) => one === name).length;
    return (await scripts.get(name)?.(context, run)) ?? name;
  });
  const env = { WORKER_CONCURRENCY: String(slots) };
  const system = await startSystem({ engine, parts: ['worker', 'lambdas'], handlers: [handler], env });
  const core: Core = { ...system.core, jobTypes: createJobTypes([scripted]) };
  return {
    core,
    scripts,
    began,
    async begin(name, script) {
      if (script !== undefined) scripts.set(name, script);
      const request = { owner, type: scripted.name, params: name, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace' } as const;
      return (await createJob(core, request)).job.jobId;
    },
    async beginWorkflow(needs, more = {}) {
      const jobs = scriptedGraph(needs, more);
      return (await createWorkflow(core, { owner, name: 'flow', traceId: 'trace', jobs })).workflow.workflowId;
    },
    async comesTo(jobId, status) {
      for (;;) {
        const job = await core.table.get(jobId);
        if (job?.status === status) return job;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async children(jobId) {
      const found: Job[] = [];
      for await (const page of childrenOf(core, jobId)) found.push(...page);
      return Object.fromEntries(found.map((job) => [job.parent?.name ?? '', job]));
    },
    [Symbol.asyncDispose]: () => system[Symbol.asyncDispose](),
  };
}

export function scriptedGraph(needs: Readonly<Record<string, readonly string[]>>, more: Workflows = {}): readonly WorkflowJobRequest[] {
  return Object.entries(needs).map(([name, dependsOn]) => ({
    name,
    type: scripted.name,
    params: name,
    dependsOn,
    whenDependencyFails: 'CANCEL',
    priority: 'NORMAL',
    ...more[name],
  }));
}
