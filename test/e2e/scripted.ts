/** The system of one process with a job type whose handlers are written in the tests, by names. */
import { z } from 'zod';
import { defineHandler, type HandlerContext } from '../../core/handler.ts';
import type { Job, JsonValue } from '../../core/job.ts';
import { anyJson, createJobTypes, defineJobType } from '../../core/jobType.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { waitForJob } from '../../core/usecases/waitForJob.ts';
import { startSystem } from '../support/startSystem.ts';
import type { Worker } from '../../worker/worker.ts';

/** The owner of callers without a token. */
export const owner = 'anonymous';

/** One of its jobs at once, so that a waiting one does not keep the others from running. */
export const scriptedType = defineJobType({
  name: 'told',
  description: 'Does what the test says.',
  params: z.string(),
  result: anyJson,
  policy: { timeoutSeconds: 60, attemptsPerReceive: 2, concurrency: { total: 1 } },
  example: '',
});

/** `run`: 1 for the first, whatever the attempt. */
export type Script = (context: HandlerContext, run: number) => Promise<JsonValue>;

export interface Scripted extends AsyncDisposable {
  readonly core: Core;
  readonly worker: Worker;
  /** Of the server, without a path. */
  readonly url: string;
  /** Hands in a job that does this; its jobId. */
  begin(name: string, script: Script): Promise<string>;
  ended(jobId: string): Promise<Job>;
  present(jobId: string): Promise<Job | undefined>;
}

export async function openScripted(): Promise<Scripted> {
  const scripts = new Map<string, Script>();
  const runs = new Map<string, number>();
  const handler = defineHandler(scriptedType, async (name, context) => {
    const run = (runs.get(name) ?? 0) + 1;
    runs.set(name, run);
    return scripts.get(name)?.(context, run) ?? null;
  });
  const system = await startSystem({ engine: 'embedded', parts: ['server', 'lambdas'], handlers: [handler] });
  const core = { ...system.core, jobTypes: createJobTypes([scriptedType]) };
  return {
    core,
    worker: system.startWorker(),
    url: system.url,
    async begin(name, script) {
      scripts.set(name, script);
      const request = { owner, type: scriptedType.name, params: name, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace' } as const;
      return (await createJob(core, request)).job.jobId;
    },
    ended: (jobId) => waitForJob(core, system.watches, { owner, jobId, timeoutSeconds: 20 }),
    present: (jobId) => core.table.get(jobId),
    [Symbol.asyncDispose]: () => system[Symbol.asyncDispose](),
  };
}
