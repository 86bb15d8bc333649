/** A type for workflows: its jobs do what they are told, and what ran when is kept. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PermanentError } from '../../core/errors.ts';
import { defineHandler, type HandlerContext, type JobHandler } from '../../core/handler.ts';
import type { Job } from '../../core/job.ts';
import { createJobTypes, defineJobType } from '../../core/jobType.ts';
import type { Core } from '../../core/usecases/core.ts';
import type { WorkflowJobRequest } from '../../core/usecases/checkWorkflow.ts';
import { jobsOf } from '../../core/usecases/retryWorkflow.ts';
import { workflowKind } from '../../core/usecases/workflows.ts';
import type { Workflow } from '../../core/workflow/workflow.ts';

export const task = defineJobType({
  name: 'task',
  description: 'Does what its params say.',
  params: z.object({
    value: z.number().default(1),
    ms: z.int().default(0),
    label: z.string().default(''),
    inputs: z.array(z.number()).default([]),
  }),
  result: z.object({ sum: z.number(), label: z.string() }),
  policy: { timeoutSeconds: 60, attemptsPerReceive: 1, backoffBaseMs: 1, backoffMaxMs: 2 },
  example: {},
});

export interface Tasks {
  readonly handler: JobHandler;
  /** Ids, in the order in which their attempts began. */
  readonly began: string[];
  /** Labels of jobs that fail for good, and those that fail an attempt. */
  readonly failing: Set<string>;
  readonly failingOnce: Set<string>;
  /** Called in each run. */
  onRun: (label: string, context: HandlerContext) => Promise<void> | void;
  coreOf(core: Core): Core;
}

export function createTasks(): Tasks {
  const tasks: Tasks = {
    began: [],
    failing: new Set(),
    failingOnce: new Set(),
    onRun: () => undefined,
    coreOf: (core) => ({ ...core, jobTypes: createJobTypes([task]) }),
    handler: defineHandler(task, async ({ value, ms, label, inputs }, context) => {
      tasks.began.push(context.idempotencyKey);
      if (ms > 0) await sleep(ms, undefined, { signal: context.signal });
      await tasks.onRun(label, context);
      if (tasks.failing.has(label)) throw new PermanentError(`${label} fails`);
      if (tasks.failingOnce.delete(label)) throw new Error(`${label} fails once`);
      return { sum: inputs.reduce((sum, one) => sum + one, value), label };
    }),
  };
  return tasks;
}

/** `a: []`, `b: ['a']`: a job a name, which is its label too. */
export function graph(
  needs: Readonly<Record<string, readonly string[]>>,
  more: Readonly<Record<string, Partial<WorkflowJobRequest>>> = {},
): readonly WorkflowJobRequest[] {
  return Object.entries(needs).map(([name, dependsOn]) => ({
    name,
    type: 'task',
    params: { label: name },
    dependsOn,
    whenDependencyFails: 'CANCEL',
    priority: 'NORMAL',
    ...more[name],
  }));
}

export async function workflowNow({ table }: Core, workflowId: string): Promise<Workflow> {
  const entry = await table.entries.get(workflowKind, workflowId);
  if (entry === undefined) throw new Error('there is no such workflow');
  return entry.value;
}

/** Each by its name. */
export async function jobsByName(core: Core, workflowId: string): Promise<Readonly<Record<string, Job>>> {
  const jobs = await jobsOf(core, workflowId);
  return Object.fromEntries(jobs.map((job) => [job.workflow?.name ?? '', job]));
}

export async function statusesOf(core: Core, workflowId: string): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries(Object.entries(await jobsByName(core, workflowId)).map(([name, { status }]) => [name, status]));
}
