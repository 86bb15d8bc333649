/**
 * The state machine, as one table of data. The tables' writes, the docs, the model and the property tests all read it.
 *
 * A guard stands here once, in both its forms: the condition DynamoDB checks, and the same thing said of a record in
 * memory. `:names` in a condition are the facts of that name. On top of its guards every transition is conditional on
 * the version its writer knows, so that two writers never both make the same step; what `decided` names was therefore
 * read with that version (see `verdictOn`), and need not be checked again.
 */
import type { Job, JobStatus } from './job.ts';
import type { DecisionName } from './decisions.ts';
import type { Facts } from './facts.ts';

/** What a condition may name: the facts, and of the time the bound by which deadlines are judged. */
export function conditionValues({ now, ...facts }: Partial<Facts>): Readonly<Record<string, string | number | boolean | undefined>> {
  return { ...facts, low: now?.low, true: true, false: false };
}

/** The condition of every transition, next to its guards. */
export const sameVersion = 'version = :version';

export interface Guard {
  readonly meaning: string;
  readonly condition: string;
  /** Counts only where the writer names this fact. */
  readonly needs?: keyof Facts;
  holds(job: Job, facts: Partial<Facts>): boolean;
}

const never = Number.NEGATIVE_INFINITY;

export const guards = {
  due: {
    meaning: 'it is due',
    condition: '(attribute_not_exists(dueAt) OR dueAt <= :low)',
    holds: ({ dueAt }, { now }) => dueAt === undefined || dueAt <= (now?.low ?? never),
  },
  lapsed: {
    meaning: 'no worker’s lease is running',
    condition: '(attribute_not_exists(claim) OR claim.expiresAt <= :low)',
    holds: ({ claim }, { now }) => claim === undefined || claim.expiresAt <= (now?.low ?? never),
  },
  holdsClaim: {
    meaning: 'the writer holds the claim (fencing)',
    condition: 'claim.id = :claimId',
    holds: ({ claim }, { claimId }) => claim !== undefined && claim.id === claimId,
  },
  cancelRequested: {
    meaning: 'a cancel was asked for',
    condition: 'cancelRequested = :true',
    holds: (job) => job.cancelRequested,
  },
  cancelNotRequested: {
    meaning: 'no cancel was asked for',
    condition: 'cancelRequested = :false',
    holds: (job) => !job.cancelRequested,
  },
  stuck: {
    meaning: 'nothing touched the job for longer than STUCK_AFTER_SECONDS, its delay included',
    condition: 'updatedAt < :stuckBefore AND (attribute_not_exists(dueAt) OR dueAt < :stuckBefore)',
    holds: ({ updatedAt, dueAt }, { stuckBefore = never }) => updatedAt < stuckBefore && (dueAt ?? never) < stuckBefore,
  },
  notYetCounted: {
    meaning: 'this failure is not counted yet, however often the request lands',
    condition: '(attribute_not_exists(failures) OR failures < :failures)',
    holds: (job, { failures = never }) => job.failures < failures,
  },
  // This one and the next are no decisions: a claim may be written unread, on the word of a message.
  notParked: {
    meaning: 'it does not wait on purpose',
    condition: 'attribute_not_exists(waiting)',
    holds: ({ waiting }) => waiting === undefined,
  },
  ofType: {
    meaning: 'it is of the type that the message named',
    condition: '#type = :type',
    needs: 'type',
    holds: (job, { type }) => type === undefined || job.type === type,
  },
  parkedFor: {
    meaning: 'it still waits for what the writer saw over',
    condition: 'waiting.reason = :waitingReason',
    holds: ({ waiting }, { waitingReason }) => waiting !== undefined && waiting.reason === waitingReason,
  },
  unchanged: {
    meaning: 'no transition was made since it was read',
    condition: sameVersion,
    holds: (job, { version }) => job.version === version,
  },
  asRead: {
    meaning: 'nothing at all was written since it was read',
    condition: 'writeId = :writeId',
    holds: (job, { writeId }) => job.writeId === writeId,
  },
  laterLease: {
    meaning: 'the lease grows, whichever renewal lands last',
    condition: 'claim.expiresAt < :leaseExpiresAt',
    holds: ({ claim }, { leaseExpiresAt = never }) => claim !== undefined && claim.expiresAt < leaseExpiresAt,
  },
} as const satisfies Record<string, Guard>;

export type GuardName = keyof typeof guards;

/** What a write is conditional on. */
export interface Rule {
  readonly from: readonly JobStatus[];
  readonly guards: readonly GuardName[];
}

interface Row extends Rule {
  readonly event: string;
  readonly to: JobStatus;
  readonly decided?: readonly DecisionName[];
  readonly by: string;
}

/** Every way a job can change its status. What is not here cannot happen. */
export const transitions = [
  {
    event: 'claim',
    from: ['PENDING'],
    to: 'PROCESSING',
    guards: ['due', 'notParked', 'ofType'],
    decided: ['failuresLeft'],
    by: 'worker: received a message',
  },
  {
    event: 'reclaim',
    from: ['PROCESSING'],
    to: 'PROCESSING',
    guards: ['lapsed', 'due', 'cancelNotRequested'],
    decided: ['failuresLeft', 'lossesLeft'],
    by: 'worker: the last holder’s lease ran out, which is a loss',
  },
  { event: 'succeed', from: ['PROCESSING'], to: 'SUCCEEDED', guards: ['holdsClaim'], by: 'worker: the handler returned' },
  {
    event: 'failForGood',
    from: ['PROCESSING'],
    to: 'FAILED_FINAL',
    guards: ['holdsClaim', 'cancelNotRequested'],
    by: 'worker: PermanentError',
  },
  {
    event: 'release',
    from: ['PROCESSING'],
    to: 'PENDING',
    guards: ['holdsClaim', 'cancelNotRequested'],
    by: 'worker: attempts of this receive used up (due later), or a stop (nothing counted, nothing made due earlier)',
  },
  {
    event: 'suspend',
    from: ['PROCESSING'],
    to: 'PENDING',
    guards: ['holdsClaim', 'cancelNotRequested'],
    by: 'worker: the handler waits for a time, a signal or other jobs, and runs anew when that has come (nothing counted)',
  },
  {
    event: 'releaseStarved',
    from: ['PROCESSING'],
    to: 'PENDING',
    guards: ['holdsClaim', 'cancelNotRequested'],
    decided: ['lossesLeft'],
    by: 'worker: starved of its event loop until its lease was over, which is a loss',
  },
  {
    event: 'exhaustStarved',
    from: ['PROCESSING'],
    to: 'FAILED_FINAL',
    guards: ['holdsClaim', 'cancelNotRequested'],
    decided: ['lastLoss'],
    by: 'worker: starved once too often',
  },
  {
    event: 'stop',
    from: ['PROCESSING'],
    to: 'CANCELLED',
    guards: ['holdsClaim', 'cancelRequested'],
    by: 'worker: saw the cancel',
  },
  {
    event: 'exhaust',
    from: ['PENDING', 'PROCESSING'],
    to: 'FAILED_FINAL',
    guards: ['lapsed', 'cancelNotRequested'],
    decided: ['budgetUsedUp'],
    by: 'whoever finds it: worker, dlqHandler, sweeper',
  },
  { event: 'cancel', from: ['PENDING'], to: 'CANCELLED', guards: [], by: 'client: cancelJob of a waiting job' },
  {
    event: 'cancelAbandoned',
    from: ['PROCESSING'],
    to: 'CANCELLED',
    guards: ['lapsed'],
    decided: ['cancelWasRequested'],
    by: 'whoever finds a cancelled job whose worker is gone',
  },
  {
    event: 'cancelForCause',
    from: ['PENDING'],
    to: 'CANCELLED',
    guards: ['asRead'],
    by: 'whoever looks at a job whose dependency failed, or was cancelled',
  },
  {
    event: 'revive',
    from: ['CANCELLED'],
    to: 'PENDING',
    guards: ['asRead'],
    by: 'whoever looks at a job that was cancelled for another one, which has been retried',
  },
  { event: 'enqueueFailed', from: ['PENDING'], to: 'FAILED', guards: [], by: 'server: the send failed (compensation)' },
  { event: 'retry', from: ['FAILED', 'FAILED_FINAL', 'CANCELLED'], to: 'PENDING', guards: [], by: 'client: retryJob' },
  { event: 'reschedule', from: ['PENDING'], to: 'PENDING', guards: [], by: 'client: rescheduleJob, which moves its start' },
  {
    event: 'retryStuck',
    from: ['PENDING', 'PROCESSING'],
    to: 'PENDING',
    guards: ['lapsed', 'cancelNotRequested', 'stuck', 'notParked'],
    by: 'client: retryJob of a stuck job',
  },
] as const satisfies readonly Row[];

export type TransitionEvent = (typeof transitions)[number]['event'];

/** Writes that leave status and version alone, and what they are conditional on. */
export const touches = [
  {
    touch: 'fail',
    from: ['PROCESSING'],
    guards: ['holdsClaim', 'notYetCounted'],
    by: 'worker: an attempt failed, and the next is due later in this receive',
  },
  { touch: 'renew', from: ['PROCESSING'], guards: ['holdsClaim', 'laterLease'], by: 'worker: heartbeat, progress, next attempt' },
  {
    touch: 'park',
    from: ['PENDING'],
    guards: ['unchanged', 'notParked'],
    by: 'worker, before its claim: the job waits on purpose from now on',
  },
  { touch: 'unpark', from: ['PENDING'], guards: ['unchanged', 'parkedFor'], by: 'whoever ends the wait, before it sends the job anew' },
  {
    touch: 'pass',
    from: ['PENDING'],
    guards: ['asRead'],
    by: 'whoever looks at a job whose dependencies have ended: all, or the next ones',
  },
  {
    touch: 'told',
    from: ['PENDING', 'SUCCEEDED', 'FAILED', 'FAILED_FINAL', 'CANCELLED'],
    guards: ['asRead'],
    by: 'whoever has told those that wait for the job',
  },
  {
    touch: 'keepRecord',
    from: ['SUCCEEDED', 'FAILED', 'FAILED_FINAL', 'CANCELLED'],
    guards: ['asRead'],
    by: 'timer: a job that has ended is kept as long as its workflow is open',
  },
  { touch: 'requestCancel', from: ['PROCESSING'], guards: [], by: 'client: cancelJob of a running job' },
  { touch: 'keepSignal', from: ['PENDING', 'PROCESSING'], guards: [], by: 'client: sendSignal, before the signal is kept beside the job' },
  { touch: 'keepParams', from: ['PENDING', 'PROCESSING'], guards: [], by: 'sweeper: params kept apart get a longer life' },
  { touch: 'sweep', from: ['PENDING', 'PROCESSING'], guards: ['lapsed'], by: 'sweeper: has sent the message again' },
] as const satisfies readonly (Omit<Row, 'event' | 'to'> & { readonly touch: string })[];

export type Touch = (typeof touches)[number]['touch'];

type RuleOf<Event extends TransitionEvent> = Extract<(typeof transitions)[number], { event: Event }>;

export function transitionOf<Event extends TransitionEvent>(event: Event): RuleOf<Event> {
  const rule = transitions.find((row): row is RuleOf<Event> => row.event === event);
  if (rule === undefined) throw new Error(`no transition is called ${event}`);
  return rule;
}

export function touchOf(touch: Touch): (typeof touches)[number] {
  const rule = touches.find((row) => row.touch === touch);
  if (rule === undefined) throw new Error(`no touch is called ${touch}`);
  return rule;
}

/** Whether a transition's rule lets this record through: what DynamoDB decides, said in memory. */
export function allows(rule: Rule, job: Job, facts: Facts): boolean {
  return job.version === facts.version && permits(rule, job, facts);
}

/** The same for a touch, which knows no version. */
export function permits({ from, guards: names }: Rule, job: Job, facts: Partial<Facts>): boolean {
  return from.includes(job.status) && names.every((name) => guards[name].holds(job, facts));
}
