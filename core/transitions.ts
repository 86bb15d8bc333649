/**
 * The state machine as one table of data. The tables' writes, the docs, the model and the property tests all read it.
 *
 * In addition to its guards, every transition is conditional on the version that its writer has read, so two writers never both
 * make the same step. The conditions in `decided` were therefore checked with that version (see `verdictOn`), and need not be
 * checked again.
 */
import type { DecisionName } from './decisions.ts';
import { guards, type Facts, type GuardName } from './guards.ts';
import type { Job, JobStatus } from './job.ts';

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

/** Every way in which a job can change its status. There are no others. */
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
    by: 'worker: the last holder’s lease ran out, which counts as a loss',
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
    by: 'worker: the attempts of this receive are used up (due later), or the worker stops (nothing counted, and not due earlier)',
  },
  {
    event: 'suspend',
    from: ['PROCESSING'],
    to: 'PENDING',
    guards: ['holdsClaim', 'cancelNotRequested'],
    by: 'worker: the handler waits for a time, a signal or other jobs, and runs again when that has come (nothing counted)',
  },
  {
    event: 'releaseStarved',
    from: ['PROCESSING'],
    to: 'PENDING',
    guards: ['holdsClaim', 'cancelNotRequested'],
    decided: ['lossesLeft'],
    by: 'worker: its event loop was blocked until its lease had ended, which counts as a loss',
  },
  {
    event: 'exhaustStarved',
    from: ['PROCESSING'],
    to: 'FAILED_FINAL',
    guards: ['holdsClaim', 'cancelNotRequested'],
    decided: ['lastLoss'],
    by: 'worker: its event loop was blocked so once too often',
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
    by: 'the process that finds it: worker, dlqHandler, sweeper',
  },
  { event: 'cancel', from: ['PENDING'], to: 'CANCELLED', guards: [], by: 'client: cancelJob of a waiting job' },
  {
    event: 'cancelAbandoned',
    from: ['PROCESSING'],
    to: 'CANCELLED',
    guards: ['lapsed'],
    decided: ['cancelWasRequested'],
    by: 'the process that finds a cancelled job whose worker is gone',
  },
  {
    event: 'cancelForCause',
    from: ['PENDING'],
    to: 'CANCELLED',
    guards: ['asRead'],
    by: 'the process that looks at a job whose dependency failed or was cancelled, or that cancels the children of a cancelled job',
  },
  {
    event: 'revive',
    from: ['CANCELLED'],
    to: 'PENDING',
    guards: ['asRead'],
    by: 'the process that looks at a job that was cancelled because of another one, which has been retried',
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
  {
    touch: 'unpark',
    from: ['PENDING'],
    guards: ['unchanged', 'parkedFor'],
    by: 'the process that ends the wait, before it sends the job again',
  },
  {
    touch: 'pass',
    from: ['PENDING'],
    guards: ['asRead'],
    by: 'the process that looks at a job whose dependencies have ended: all, or the next ones',
  },
  {
    touch: 'told',
    from: ['PENDING', 'SUCCEEDED', 'FAILED', 'FAILED_FINAL', 'CANCELLED'],
    guards: ['asRead'],
    by: 'the process that has told the jobs that wait for this one',
  },
  {
    touch: 'keepRecord',
    from: ['SUCCEEDED', 'FAILED', 'FAILED_FINAL', 'CANCELLED'],
    guards: ['asRead'],
    by: 'timer: an ended job is kept as long as its workflow is open',
  },
  {
    touch: 'nameKeys',
    from: ['PENDING'],
    guards: ['asRead'],
    by: 'the process that is about to claim a job whose keys for limits depend on results of other jobs',
  },
  {
    touch: 'expectChildren',
    from: ['PROCESSING'],
    guards: ['holdsClaim'],
    by: 'worker: its handler is about to create the job’s first child',
  },
  {
    touch: 'adopt',
    from: ['PENDING', 'PROCESSING'],
    guards: ['asRead'],
    by: 'the process that runs a retried parent’s handler, which names a child that is still open',
  },
  { touch: 'requestCancel', from: ['PROCESSING'], guards: [], by: 'client: cancelJob of a running job' },
  { touch: 'keepSignal', from: ['PENDING', 'PROCESSING'], guards: [], by: 'client: sendSignal, before the signal is kept beside the job' },
  {
    touch: 'requestCancelSeen',
    from: ['PROCESSING'],
    guards: ['unchanged', 'asRead'],
    by: 'bulk operation: cancels a running job that it found; the process that cancels the children of a cancelled job',
  },
  { touch: 'keepParams', from: ['PENDING', 'PROCESSING'], guards: [], by: 'sweeper: params that are stored apart are kept longer' },
  {
    touch: 'tellWebhooks',
    from: ['PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'FAILED_FINAL', 'CANCELLED'],
    guards: ['unchanged', 'asRead'],
    by: 'the process that made the deliveries to its owner’s webhooks; and, where the first webhook came after the job, the process that finds this',
  },
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

/** Whether a transition's rule allows this record: the same decision as DynamoDB's, in memory. */
export function allows(rule: Rule, job: Job, facts: Facts): boolean {
  return job.version === facts.version && permits(rule, job, facts);
}

/** The same for a touch, which has no version. */
export function permits({ from, guards: names }: Rule, job: Job, facts: Partial<Facts>): boolean {
  return from.includes(job.status) && names.every((name) => guards[name].holds(job, facts));
}
