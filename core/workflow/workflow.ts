/**
 * What a workflow is: up to 1,000 named jobs of which some wait for others, accepted together by one write.
 *
 * - plan: its jobs as they were handed in; written before the workflow, and never changed.
 * - dependency, dependant: a job that is waited for, and one that waits for it.
 * - making: some of its jobs may not have been put yet. A process that finds it in this state continues.
 */
import { z } from 'zod';
import { jobIdBeside } from '../derivedJobId.ts';
import { jobPriorities } from '../job.ts';
import { anyJson } from '../jobType.ts';

export const workflowStatuses = ['RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export type WorkflowStatus = (typeof workflowStatuses)[number];

export const failurePolicies = ['CANCEL', 'RUN', 'WAIT'] as const;
export type FailurePolicy = (typeof failurePolicies)[number];

export const maxWorkflowJobs = 1000;
/** Dependencies of all jobs together. */
export const maxEdges = 10_000;
export const maxParamsFrom = 100;

const pathKeys = z.array(z.union([z.string(), z.number()]));

/** A value from a dependency's result. */
export const paramFrom = z.object({
  /** Its place in the params. */
  path: pathKeys,
  /** The dependency, by its number in the plan. */
  job: z.int(),
  resultPath: pathKeys,
});
export type ParamFrom = Readonly<z.infer<typeof paramFrom>>;

export const plannedJob = z.object({
  name: z.string(),
  type: z.string(),
  priority: z.enum(jobPriorities),
  params: z.union([
    z.object({ kind: z.literal('inline'), value: anyJson }),
    z.object({ kind: z.literal('apart'), key: z.string(), expiresAt: z.number() }),
  ]),
  /** The type's values for each job. */
  maxFailures: z.int(),
  concurrencyKey: z.string().optional(),
  rateKey: z.string().optional(),
  /** Its limits have keys, which are computed when its params are complete. */
  hasLateKeys: z.literal(true).optional(),
  /** Read only by 0.4.0, which may still run beside this version and reads no plan without it. */
  payloadHash: z.string(),
  /** Numbers of the plan, each once. */
  dependsOn: z.array(z.int()),
  whenDependencyFails: z.enum(failurePolicies),
  paramsFrom: z.array(paramFrom).optional(),
  runAt: z.number().optional(),
  tags: z.array(z.string()).optional(),
});
export type PlannedJob = Readonly<z.infer<typeof plannedJob>>;

const failure = z.object({ code: z.string(), message: z.string(), attempt: z.number(), at: z.number() });

/** All times are milliseconds since the epoch, in the service's time. */
export const workflowSchema = z.object({
  workflowId: z.string(),
  owner: z.string(),
  name: z.string(),
  tags: z.array(z.string()).optional(),
  idempotencyKey: z.string().optional(),
  traceId: z.string(),
  status: z.enum(workflowStatuses),
  /** 1 at creation, +1 at every change of status. */
  version: z.int(),
  createdAt: z.number(),
  updatedAt: z.number(),
  finishedAt: z.number().optional(),
  error: failure.optional(),
  jobCount: z.int(),
  /** The number of entries that hold the plan. */
  planParts: z.int(),
  making: z.boolean(),
  /** All jobs that have not ended are being cancelled. */
  cancelling: z.boolean().default(false),
  /** The number of the job that it looks at now; absent once it has ended. */
  waitsFor: z.int().optional(),
  /** The first of its failed jobs, because of which it ended as it did. */
  cause: z.object({ jobId: z.string(), generation: z.number() }).optional(),
  /** The version of its last end, or new start, that has not been announced yet. */
  tell: z.int().optional(),
  /** The deliveries for its owner's webhooks exist for all versions up to this one. */
  webhookVersion: z.int().default(0),
  /** Its changes of status, oldest first; the newest are kept. */
  history: z.array(z.object({ version: z.int(), status: z.enum(workflowStatuses), at: z.number(), error: failure.optional() })),
});
export type Workflow = Readonly<z.infer<typeof workflowSchema>>;

export function isWorkflowOver({ status }: Pick<Workflow, 'status'>): boolean {
  return status !== 'RUNNING';
}

/** By its number in the plan, the same in every process. */
export function workflowJobId(workflowId: string, number: number): string {
  return jobIdBeside(workflowId, String(number));
}
