/** The states of the protocol's model: one job, its messages, two workers, and what may still go wrong. */
import { exactly } from '../../core/clock.ts';
import { isFinal, type Job, type JobStatus } from '../../core/job.ts';
import { verdictOn } from '../../core/verdict.ts';

/** The part of the record that the protocol reads. A claim's id is the version at which it was taken. */
export interface ModelJob {
  readonly status: JobStatus;
  readonly version: number;
  readonly generation: number;
  readonly attempts: number;
  readonly failures: number;
  readonly losses: number;
  readonly claim?: { readonly id: number; readonly isLive: boolean } | undefined;
  readonly cancelRequested: boolean;
  readonly sweeps: number;
}

export interface Message {
  readonly generation: number;
  readonly version: number;
  readonly receives: number;
  /** In the dead-letter queue. */
  readonly isDead: boolean;
}

export type WorkerState =
  | { readonly at: 'idle' }
  /** Has received the message and looks at nothing yet: its first claim is a bet. */
  | { readonly at: 'bet'; readonly message: number }
  /** Knows the record as a lost claim showed it. */
  | { readonly at: 'look'; readonly message: number; readonly seen: ModelJob }
  | { readonly at: 'running'; readonly message: number; readonly claim: number; readonly generation: number }
  /** Has seen that the message has nothing more to say. */
  | { readonly at: 'delete'; readonly message: number };

/** A server between its write and its send, or after a send that failed. */
export interface Sending {
  readonly generation: number;
  readonly version: number;
  readonly at: 'send' | 'compensate';
}

/** How often each may still happen. */
export interface Budget {
  readonly crashes: number;
  readonly duplicates: number;
  readonly retries: number;
  readonly cancels: number;
  readonly sendFailures: number;
}

export interface State {
  readonly job: ModelJob;
  /** By number; a deleted one leaves its place empty. */
  readonly messages: readonly (Message | undefined)[];
  readonly workers: readonly WorkerState[];
  readonly sendings: readonly Sending[];
  readonly budget: Budget;
  /** What the step that led here did wrong. */
  readonly wrong?: string | undefined;
}

export function initialState(budget: Budget): State {
  return {
    job: { status: 'PENDING', version: 1, generation: 1, attempts: 0, failures: 0, losses: 0, cancelRequested: false, sweeps: 0 },
    messages: [],
    workers: [{ at: 'idle' }, { at: 'idle' }],
    sendings: [{ generation: 1, version: 1, at: 'send' }],
    budget,
  };
}

/** Its job has ended, or has begun anew. */
export function hasNothingToSay({ job }: Pick<State, 'job'>, { generation }: Message): boolean {
  return isFinal(job.status) || job.generation > generation;
}

/** The time of every step; leases end before or after it. */
export const now = exactly(10);
const leaseEnds = { live: 20, over: 0 };

/** The record as the transition table's guards read it; whatever they do not read is the same in every state. */
export function asRecord({ claim, ...job }: ModelJob): Job {
  return { ...unread, ...job, claim: claim && { id: String(claim.id), expiresAt: claim.isLive ? leaseEnds.live : leaseEnds.over } };
}

const unread = {
  jobId: 'job',
  owner: 'owner',
  type: 'simulate_work',
  priority: 'NORMAL',
  params: { kind: 'inline', value: {} },
  payloadHash: '',
  history: [],
  traceId: '',
  createdAt: 0,
  updatedAt: 0,
  maxFailures: 2,
  maxLosses: 2,
  writeId: '',
} as const;

/**
 * The same for states that nothing can tell apart later: whatever the workers and messages are called, whatever the
 * version is that the record has (an older one never comes back), and whatever a state that is final has forgotten.
 */
export function keyOf({ job, messages, workers, sendings, budget, wrong }: State): string {
  const isCurrent = (version: number): string => (version === job.version ? '=' : '<');
  const isOwn = (generation: number): string => (generation === job.generation ? 'o' : 'p');

  function workerKey(worker: Exclude<WorkerState, { at: 'idle' }>): string {
    switch (worker.at) {
      case 'bet':
        return 'b';
      case 'look': {
        const { seen } = worker;
        return `l${seen.status}${isCurrent(seen.version)}${verdictOn(asRecord(seen), now).kind}`;
      }
      case 'running':
        return job.claim?.id === worker.claim ? 'h' : `r${isOwn(worker.generation)}`;
      case 'delete':
        return 'd';
      default:
        return worker satisfies never;
    }
  }

  const parts = messages.map((message, number) => {
    const workersOnIt = workers
      .flatMap((worker) => (worker.at !== 'idle' && worker.message === number ? [workerKey(worker)] : []))
      .toSorted();
    if (message === undefined) return workersOnIt.length === 0 ? '' : `x${workersOnIt.join('+')}`;
    const receives = message.isDead || hasNothingToSay({ job }, message) ? '' : message.receives;
    return `${isOwn(message.generation)}${isCurrent(message.version)}${receives}${message.isDead ? 'D' : ''}${workersOnIt.join('+')}`;
  });
  const claim = job.claim === undefined ? '' : job.claim.isLive ? 'live' : 'over';
  const open = isFinal(job.status)
    ? ''
    : `${job.attempts > 0 ? 'a' : ''}${claim}${job.cancelRequested ? 'c' : ''}${job.sweeps}${job.failures}${job.losses}`;
  return [
    `${job.status}${open}`,
    parts
      .filter((part) => part !== '')
      .toSorted()
      .join(','),
    sendings
      .map(({ generation, version, at }) => `${isOwn(generation)}${isCurrent(version)}${at}`)
      .toSorted()
      .join(','),
    Object.values(budget).join(''),
    wrong ?? '',
  ].join('|');
}
