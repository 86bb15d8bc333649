/** What a job's handler logged, and its attempts, as clients read them. */
import type { AttemptOutcome } from '../core/attemptRuns.ts';
import { failureCodeOf } from '../core/failures.ts';
import type { LogLevel } from '../core/logLine.ts';
import { defaultLines, listLines, maxLines, type AttemptRun, type LoggedLine, type Page } from '../core/usecases/listLogs.ts';
import { jsonSize } from '../core/jsonSize.ts';
import { builder } from './builder.ts';
import type { ApiContext } from './context.ts';
import { JobFailureCodeType } from './errorCode.ts';
import { PageInfoType } from './pageInfo.ts';

const JobLogLevelType = builder.enumType('JobLogLevel', {
  description: 'The level of a line in a job’s log.',
  values: {
    INFO: { value: 'info', description: 'What happens.' },
    WARN: { value: 'warn', description: 'Something unusual; the work went on.' },
    ERROR: { value: 'error', description: 'Something went wrong.' },
  } satisfies Record<string, { readonly value: LogLevel; readonly description: string }>,
});

export const JobLogLineType = builder.objectRef<LoggedLine>('JobLogLine').implement({
  description: 'One line that the job’s handler logged.',
  fields: (t) => ({
    sequence: t.exposeInt('sequence', {
      description: 'Its position in the job’s log: ascending, not contiguous. Pass the last one you saw as `afterSequence` to resume.',
    }),
    generation: t.exposeInt('generation', { description: 'The generation of the attempt.' }),
    attempt: t.exposeInt('attempt', { description: 'The attempt that logged it; 1 for the first of its generation.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was logged.' }),
    level: t.expose('level', { type: JobLogLevelType, description: 'Its level.' }),
    message: t.exposeString('message', { description: 'The text.' }),
    fields: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The fields that were logged with it; `{"omitted": …}` where they are not JSON, or more than 4 KB.',
      resolve: ({ fields }) => fields ?? null,
    }),
    skipped: t.exposeInt('skipped', {
      description:
        'Lines of this attempt right before it that are not kept. Of an attempt that logs much, the first 32 KB and the last 16 to 32 KB are kept.',
    }),
  }),
});

const JobLogLineEdgeType = builder.objectRef<Page<LoggedLine>['edges'][number]>('JobLogLineEdge').implement({
  description: 'One line of the log, with its cursor.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'The position in the log, for `after`.' }),
    node: t.expose('node', { type: JobLogLineType, description: 'The line.' }),
  }),
});

export const JobLogLineConnectionType = builder.objectRef<Page<LoggedLine>>('JobLogLineConnection').implement({
  description: 'A page of a job’s log, oldest first.',
  fields: (t) => ({
    edges: t.expose('edges', { type: [JobLogLineEdgeType], description: 'The lines of this page.' }),
    pageInfo: t.expose('pageInfo', { type: PageInfoType, description: 'Whether there are more pages, and where to continue.' }),
  }),
});

export const linesFirst = `How many lines, 0 to ${maxLines}; ${defaultLines} if left out.`;
export const linesAfter = 'Only lines after the one at this cursor.';

/** @throws {JobError} `BAD_USER_INPUT`, `RESPONSE_TOO_LARGE`. */
export async function loadLines(
  { core, signal, answer }: ApiContext,
  wanted: Omit<Parameters<typeof listLines>[1], 'signal'>,
): Promise<Page<LoggedLine>> {
  const page = await listLines(core, { ...wanted, signal });
  for (const { node } of page.edges) answer.add(jsonSize([node.message, node.fields ?? null]));
  return page;
}

/** The cost of a page: its size. A size that is out of range is refused when the list is read. */
export function pageCost(first: number, most: number): { readonly field: number; readonly multiplier: number } {
  return { field: 1, multiplier: Math.min(Math.max(first, 0), most) };
}

const AttemptOutcomeType = builder.enumType('AttemptOutcome', {
  description: 'How an attempt ended.',
  values: {
    SUCCEEDED: { description: 'Its result became the job’s result.' },
    FAILED: { description: 'Its handler threw an error, or took too long.' },
    CANCELLED: { description: 'A cancel was asked for, and it stopped.' },
    RELEASED: { description: 'Its worker shut down, or lost its connection, and gave the job back. Not counted as a failure.' },
    SUSPENDED: { description: 'Its handler slept or waited, and gave the job back; the same attempt goes on later.' },
    LOST: { description: 'Its worker died, or its event loop was blocked.' },
  } satisfies Record<AttemptOutcome, { readonly description: string }>,
});

const AttemptErrorType = builder.objectRef<NonNullable<AttemptRun['error']>>('AttemptError').implement({
  description: 'Why an attempt failed.',
  fields: (t) => ({
    code: t.field({ type: JobFailureCodeType, description: 'For programs to branch on.', resolve: ({ code }) => failureCodeOf(code) }),
    message: t.exposeString('message', { description: 'For people.' }),
    stack: t.field({
      type: 'String',
      nullable: true,
      description: 'The stack of the error, up to 8,000 characters; null for callers who may not operate the system (scope `admin`).',
      resolve: ({ stack }, _arguments, { mayOperate }) => (mayOperate ? (stack ?? null) : null),
    }),
  }),
});

/** Together with its job. */
export type JobAttempt = AttemptRun & { readonly jobId: string };

const AttemptType = builder.objectRef<JobAttempt>('Attempt').implement({
  description: 'One run of the job’s handler.',
  fields: (t) => ({
    generation: t.exposeInt('generation', { description: '1, and 1 more at every `retryJob`.' }),
    number: t.exposeInt('number', { description: '1 for the first of its generation.' }),
    worker: t.field({
      type: 'String',
      nullable: true,
      description:
        'The worker process that made it, where it logged or failed; null for callers who may not operate the system (scope `admin`).',
      resolve: ({ worker }, _arguments, { mayOperate }) => (mayOperate ? (worker ?? null) : null),
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'When it began, if that was kept.' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true, description: 'When it ended, if that was kept.' }),
    outcome: t.expose('outcome', { type: AttemptOutcomeType, nullable: true, description: 'How it ended; null while it runs.' }),
    error: t.expose('error', { type: AttemptErrorType, nullable: true, description: 'Why it failed, if it did.' }),
    logs: t.field({
      type: JobLogLineConnectionType,
      description: 'The lines that it logged.',
      args: { first: t.arg.int({ description: linesFirst }), after: t.arg.string({ description: linesAfter }) },
      complexity: ({ first }) => pageCost(first ?? defaultLines, maxLines),
      resolve: ({ jobId, note, hasLogs }, { first, after }, context) =>
        loadLines(context, { jobId, note: hasLogs ? note : undefined, first: hasLogs ? first : 0, after }),
    }),
  }),
});

const AttemptEdgeType = builder.objectRef<Page<JobAttempt>['edges'][number]>('AttemptEdge').implement({
  description: 'One attempt of the list, with its cursor.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'The position in the list, for `after`.' }),
    node: t.expose('node', { type: AttemptType, description: 'The attempt.' }),
  }),
});

export const AttemptConnectionType = builder.objectRef<Page<JobAttempt>>('AttemptConnection').implement({
  description: 'A page of a job’s attempts, oldest first. A job of many attempts has lost its first ones, except those that failed.',
  fields: (t) => ({
    edges: t.expose('edges', { type: [AttemptEdgeType], description: 'The attempts of this page.' }),
    pageInfo: t.expose('pageInfo', { type: PageInfoType, description: 'Whether there are more pages, and where to continue.' }),
  }),
});
