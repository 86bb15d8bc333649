/**
 * The state machine, as one table of data. The table's writes, the docs and the property tests all read it.
 *
 * A guard stands here once, in both its forms: the condition DynamoDB checks, and the same thing said of a record in
 * memory. `:names` in a condition are the facts of that name. On top of its guards every transition is conditional on
 * the version its writer knows, so that two writers never both make the same step.
 */
import type { Job, JobStatus } from './job.ts';

/** What the writer of a transition knows when it writes. Times are milliseconds since the epoch. */
export interface Facts {
  readonly now: number;
  /** The version the writer knows, which its transition follows. */
  readonly version: number;
  readonly generation?: number | undefined;
  readonly claimId?: string | undefined;
  /** A job untouched since before this time counts as stuck. */
  readonly stuckBefore?: number | undefined;
}

export type FactName = keyof Facts;

/** The condition of every transition, next to its guards. */
export const sameVersion = 'version = :version';

interface Guard {
  readonly meaning: string;
  readonly condition: string;
  readonly needs: readonly FactName[];
  holds(job: Job, facts: Facts): boolean;
}

export const guards = {
  sameGeneration: {
    meaning: 'the message is of the job’s present generation',
    condition: 'generation = :generation',
    needs: ['generation'],
    holds: (job, { generation }) => job.generation === generation,
  },
  unclaimed: {
    meaning: 'no worker has begun this generation',
    condition: 'attempts = :zero',
    needs: [],
    holds: (job) => job.attempts === 0,
  },
  holdsClaim: {
    meaning: 'the writer holds the claim (fencing)',
    condition: 'claim.id = :claimId',
    needs: ['claimId'],
    holds: (job, { claimId }) => job.claim !== undefined && job.claim.id === claimId,
  },
  noLiveLease: {
    meaning: 'no worker’s lease is running',
    condition: '(attribute_not_exists(claim) OR claim.expiresAt <= :now)',
    needs: ['now'],
    holds: (job, { now }) => job.claim === undefined || job.claim.expiresAt <= now,
  },
  cancelRequested: {
    meaning: 'a cancel was asked for',
    condition: 'cancelRequested = :true',
    needs: [],
    holds: (job) => job.cancelRequested,
  },
  cancelNotRequested: {
    meaning: 'no cancel was asked for',
    condition: 'cancelRequested = :false',
    needs: [],
    holds: (job) => !job.cancelRequested,
  },
  stuck: {
    meaning: 'nothing touched the job for longer than STUCK_AFTER_SECONDS, its delay included',
    condition: 'updatedAt < :stuckBefore AND notBefore < :stuckBefore',
    needs: ['stuckBefore'],
    holds: (job, { stuckBefore = 0 }) => job.updatedAt < stuckBefore && job.notBefore < stuckBefore,
  },
} as const satisfies Record<string, Guard>;

export type GuardName = keyof typeof guards;

interface Row {
  readonly event: string;
  readonly from: readonly JobStatus[];
  readonly to: JobStatus;
  readonly guards: readonly GuardName[];
  readonly by: string;
}

/** Every way a job can change its status. What is not here cannot happen. */
export const transitions = [
  { event: 'claim', from: ['PENDING'], to: 'PROCESSING', guards: ['sameGeneration'], by: 'worker: received the message' },
  {
    event: 'reclaim',
    from: ['PROCESSING'],
    to: 'PROCESSING',
    guards: ['sameGeneration', 'noLiveLease', 'cancelNotRequested'],
    by: 'worker: the last holder’s lease ran out',
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
    by: 'worker: attempts of this receive used up, or shutdown',
  },
  {
    event: 'stop',
    from: ['PROCESSING'],
    to: 'CANCELLED',
    guards: ['holdsClaim', 'cancelRequested'],
    by: 'worker: saw the cancel',
  },
  { event: 'cancel', from: ['PENDING'], to: 'CANCELLED', guards: [], by: 'client: cancelJob of a waiting job' },
  {
    event: 'cancelAbandoned',
    from: ['PROCESSING'],
    to: 'CANCELLED',
    guards: ['noLiveLease', 'cancelRequested'],
    by: 'whoever finds a cancelled job whose worker is gone',
  },
  {
    event: 'deadLetter',
    from: ['PENDING', 'PROCESSING'],
    to: 'FAILED_FINAL',
    guards: ['sameGeneration', 'noLiveLease', 'cancelNotRequested'],
    by: 'dlqHandler: all receives used up',
  },
  {
    event: 'enqueueFailed',
    from: ['PENDING'],
    to: 'FAILED',
    guards: ['sameGeneration', 'unclaimed'],
    by: 'server: the send failed (compensation)',
  },
  {
    event: 'giveUp',
    from: ['PENDING', 'PROCESSING'],
    to: 'FAILED',
    guards: ['noLiveLease'],
    by: 'sweeper: sent again too often',
  },
  { event: 'retry', from: ['FAILED', 'FAILED_FINAL', 'CANCELLED'], to: 'PENDING', guards: [], by: 'client: retryJob' },
  {
    event: 'retryStuck',
    from: ['PENDING', 'PROCESSING'],
    to: 'PENDING',
    guards: ['noLiveLease', 'cancelNotRequested', 'stuck'],
    by: 'client: retryJob of a stuck job',
  },
] as const satisfies readonly Row[];

export type TransitionEvent = (typeof transitions)[number]['event'];

/** Writes that leave status and version alone, and what they are conditional on. */
export const touches = [
  { touch: 'renew', from: ['PROCESSING'], guards: ['holdsClaim'], by: 'worker: heartbeat, progress, next attempt' },
  { touch: 'requestCancel', from: ['PROCESSING'], guards: [], by: 'client: cancelJob of a running job' },
  { touch: 'keepParams', from: ['PENDING', 'PROCESSING'], guards: [], by: 'sweeper: params kept apart get a longer life' },
  { touch: 'sweep', from: ['PENDING', 'PROCESSING'], guards: ['noLiveLease'], by: 'sweeper: sent the message again' },
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
export function allows(
  rule: { readonly from: readonly JobStatus[]; readonly guards: readonly GuardName[] },
  job: Job,
  facts: Facts,
): boolean {
  return job.version === facts.version && rule.from.includes(job.status) && rule.guards.every((name) => guards[name].holds(job, facts));
}
