/** The type Job and its parts, as clients read them. */
import { failureCodeOf } from '../core/failures.ts';
import type { HistoryEntry, Job, JobFailure, JobPriority, JobStatus } from '../core/job.ts';
import { defaultAttempts, defaultLines, listAttempts, maxAttempts, maxLines } from '../core/usecases/listLogs.ts';
import { listSteps, maxListedSteps, type FinishedStep } from '../core/usecases/kept.ts';
import { shownReasonOf, shownWaitOf, type WaitingReason } from '../core/shownWait.ts';
import { awaitedSignals, maxShownSignals } from '../core/waiting.ts';
import { builder } from './builder.ts';
import { JobFailureCodeType } from './errorCode.ts';
import { AttemptConnectionType, JobLogLineConnectionType, linesAfter, linesFirst, loadLines, pageCost } from './jobLog.ts';
import { loadPayload } from './payloadLoader.ts';

export const JobStatusType = builder.enumType('JobStatus', {
  description: 'The state of a job. SUCCEEDED, FAILED, FAILED_FINAL and CANCELLED are final: only `retryJob` leaves them.',
  values: {
    PENDING: { description: 'Waits for a worker: new, retried, or given back after failed attempts.' },
    PROCESSING: { description: 'A worker has it and makes its attempts.' },
    SUCCEEDED: { description: 'Done; see `result`.' },
    FAILED: { description: 'Could not be queued, so no worker takes it up. `retryJob` queues it again.' },
    FAILED_FINAL: { description: 'Failed for good: all attempts are used up, or no further attempt could help.' },
    CANCELLED: { description: 'Cancelled by its owner.' },
  } satisfies Record<JobStatus, { description: string }>,
});

export const JobPriorityType = builder.enumType('JobPriority', {
  description: 'The queue that a job waits in. HIGH goes first, and LOW still makes progress.',
  values: {
    HIGH: { description: 'Before the others.' },
    NORMAL: { description: 'The default.' },
    LOW: { description: 'After the others, but never starved.' },
  } satisfies Record<JobPriority, { description: string }>,
});

const WaitingReasonType = builder.enumType('WaitingReason', {
  description: 'Why a PENDING job is not being worked on.',
  values: {
    QUEUED: { description: 'It only needs a worker.' },
    RUN_AT: { description: 'It was asked to begin later; see `waitingUntil`.' },
    BACKOFF: { description: 'Its last attempts failed, and the next ones begin at `waitingUntil`.' },
    PAUSED: { description: 'Its type, or the queue of its priority, is paused.' },
    CONCURRENCY: { description: 'The allowed number of jobs of its type and key is running.' },
    RATE_LIMIT: { description: 'The allowed number of jobs of its type and key has started for now; `waitingUntil` is an estimate.' },
    DEPENDENCIES: { description: 'Jobs that it depends on have not ended; see `dependsOn`.' },
    SLEEP: { description: 'Its handler sleeps, until `waitingUntil`.' },
    SIGNAL: { description: 'Its handler waits for a signal (see `sendSignal`), at most until `waitingUntil`, if that is set.' },
    NO_WORKER: { description: 'No running worker knows its type.' },
  } satisfies Record<WaitingReason, { description: string }>,
});

export const JobFailureType = builder.objectRef<JobFailure>('JobFailure').implement({
  description: 'Why an attempt, or the job, did not succeed.',
  fields: (t) => ({
    code: t.field({ type: JobFailureCodeType, description: 'For programs to branch on.', resolve: ({ code }) => failureCodeOf(code) }),
    message: t.exposeString('message', { description: 'The reason, for people.' }),
    attempt: t.exposeInt('attempt', { description: 'The attempt that failed; 0 when none had begun.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it failed.' }),
  }),
});

const JobHistoryEntryType = builder.objectRef<HistoryEntry>('JobHistoryEntry').implement({
  description: 'One change of a job’s status.',
  fields: (t) => ({
    version: t.exposeInt('version', { description: 'The job’s version after this change.' }),
    status: t.expose('status', { type: JobStatusType, description: 'The status it changed to.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    attempt: t.exposeInt('attempt', { description: 'Attempts begun by then, in that generation.' }),
    error: t.expose('error', { type: JobFailureType, nullable: true, description: 'The failure that caused the change, if one did.' }),
  }),
});

const JobStepType = builder.objectRef<FinishedStep>('JobStep').implement({
  description: 'A step of a job’s handler whose result is kept.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name that the handler gives it.' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', description: 'When it was done.' }),
  }),
});

/** The cost of a field that may hold a quarter of a megabyte. */
const largeField = 10;
/** The usual number of steps of a job that has steps. */
const usualSteps = 10;
/** The usual number of entries of a job's history, rounded up. */
const usualHistory = 5;

export const JobType = builder.objectRef<Job>('Job').implement({
  description: 'A piece of work that a client handed in; its ticket is the `jobId`.',
  fields: (t) => ({
    jobId: t.exposeID('jobId', { description: 'The ticket. Ids sort by the time of creation.' }),
    owner: t.exposeString('owner', { description: 'The owner of the job: the subject of the token with which it was handed in.' }),
    type: t.exposeString('type', { description: 'The job type’s name; see `jobTypes`.' }),
    status: t.expose('status', { type: JobStatusType, description: 'Its state.' }),
    priority: t.expose('priority', { type: JobPriorityType, description: 'The queue that it waits in.' }),
    params: t.field({
      type: 'JSON',
      nullable: true,
      complexity: largeField,
      description: 'Its input, with the type’s defaults filled in.',
      resolve: ({ params }, _arguments, context) => loadPayload(context, params),
    }),
    result: t.field({
      type: 'JSON',
      nullable: true,
      complexity: largeField,
      description: 'Its output, once it has SUCCEEDED.',
      resolve: ({ result }, _arguments, context) => (result === undefined ? null : loadPayload(context, result)),
    }),
    error: t.expose('error', {
      type: JobFailureType,
      nullable: true,
      description: 'The last failure, if there was one in this generation.',
    }),
    progress: t.exposeFloat('progress', { nullable: true, description: 'Percent, 0 to 100, as its handler last reported it.' }),
    runAt: t.expose('runAt', { type: 'DateTime', nullable: true, description: 'The start that was asked for, if any.' }),
    concurrencyKey: t.exposeString('concurrencyKey', {
      nullable: true,
      description: 'The key under which it counts where limits go by key; null: it counts with all jobs that have none.',
    }),
    waitingReason: t.field({
      type: WaitingReasonType,
      nullable: true,
      description: 'Why it waits, while it is PENDING.',
      resolve: async (job, _arguments, { core, workers }) => shownReasonOf(job, await core.table.time(), workers.knowsType),
    }),
    waitingUntil: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Until when it waits, as far as that is known.',
      resolve: async (job, _arguments, { core }) => shownWaitOf(job, await core.table.time())?.until,
    }),
    awaitedSignals: t.stringList({
      description: `The names of the signals that its handler waits for, while \`waitingReason\` is SIGNAL; the first ${maxShownSignals}.`,
      resolve: ({ waiting }) => [...awaitedSignals(waiting)],
    }),
    attempts: t.exposeInt('attempts', { description: 'Attempts begun in this generation.' }),
    version: t.exposeInt('version', {
      description: '1 at creation, 1 more at every change of status. Pass it as `afterVersion` to resume a watch.',
    }),
    generation: t.exposeInt('generation', { description: '1 at creation, 1 more at every `retryJob`.' }),
    traceId: t.exposeString('traceId', { description: 'The trace id of the request that handed it in, as in W3C Trace Context.' }),
    idempotencyKey: t.exposeString('idempotencyKey', {
      nullable: true,
      description: 'The idempotency key with which it was created, if any.',
    }),
    tags: t.stringList({ description: 'The tags that its client gave it, to find it again.', resolve: ({ tags }) => [...(tags ?? [])] }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was handed in.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'When a worker first took it in this generation.' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it reached its final status.' }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When it will be deleted, unless it changes before. While it has not ended: the earliest possible time.',
      resolve: ({ expiresAt, updatedAt }, _, { core }) =>
        expiresAt === undefined ? updatedAt + core.settings.jobTtlDays * 86_400_000 : expiresAt * 1000,
    }),
    logs: t.field({
      type: JobLogLineConnectionType,
      description: 'What its handler logged, over all attempts, oldest first.',
      args: { first: t.arg.int({ description: linesFirst }), after: t.arg.string({ description: linesAfter }) },
      complexity: ({ first }) => pageCost(first ?? defaultLines, maxLines),
      resolve: ({ jobId }, { first, after }, context) => loadLines(context, { jobId, first, after }),
    }),
    attemptRuns: t.field({
      type: AttemptConnectionType,
      description: 'Its attempts, oldest first, over all generations.',
      args: {
        first: t.arg.int({ description: `How many attempts, 0 to ${maxAttempts}; ${defaultAttempts} if left out.` }),
        after: t.arg.string({ description: 'Only attempts after the one at this cursor.' }),
      },
      complexity: ({ first }) => pageCost(first ?? defaultAttempts, maxAttempts),
      resolve: async (job, { first, after }, { core, signal }) => {
        const { edges, pageInfo } = await listAttempts(core, job, { first, after, signal });
        return { edges: edges.map(({ cursor, node }) => ({ cursor, node: { ...node, jobId: job.jobId } })), pageInfo };
      },
    }),
    steps: t.field({
      type: [JobStepType],
      complexity: { field: 1, multiplier: usualSteps },
      description: `The steps of its handler whose results are kept, in the order in which they ended; the first ${maxListedSteps}. A step that has just ended may appear a moment later.`,
      resolve: async (job, _arguments, { core }) => [...(await listSteps(core, job))],
    }),
    history: t.expose('history', {
      type: [JobHistoryEntryType],
      complexity: { field: 1, multiplier: usualHistory },
      description: 'Its changes of status, oldest first. A job that was retried many times has lost the first ones.',
    }),
  }),
});
