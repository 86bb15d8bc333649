/** The states of the protocol's model: one job, its messages, the workers, and what may still go wrong. */
import { isFinal, type JobStatus } from '../../core/job.ts';
import type { TransitionEvent } from '../../core/transitions.ts';

/** The part of the record that the protocol reads. Versions, ids and times are known by whether they are the present ones. */
export interface ModelJob {
  status: JobStatus;
  failures: number;
  losses: number;
  lease: 'none' | 'live' | 'over';
  cancelRequested: boolean;
  /** Its `dueAt` is absent or over. */
  isDue: boolean;
  hasAttempts: boolean;
  /** Waits on purpose: the process that ends the wait sends it again. */
  isParked: boolean;
}

/** What really happened: the record may not show it, and must not claim more. */
export interface Truth {
  failures: number;
  losses: number;
  /** The next attempt may not begin yet. */
  isEarly: boolean;
  hasBegun: boolean;
  /** Workers that the handler has killed or blocked, in this generation. */
  kills: number;
}

export interface Message {
  /** Of the present generation. */
  isOwn: boolean;
  /** Names the present version. */
  isFresh: boolean;
  /** Names a version, so that the first claim may be tried without a read. */
  isBet: boolean;
  receives: number;
  /** In the dead-letter queue: to be looked at, to be sent again, to be deleted. */
  dead: '' | 'look' | 'send' | 'drop';
}

export interface Worker {
  at: 'idle' | 'received' | 'looked' | 'unsure' | 'running' | 'waiting' | 'over' | 'deleting';
  message: number;
  /** Of `looked`: what it will write. */
  event: TransitionEvent | '';
  /** Of `over`: why its handler was ended. Of `deleting`: that the job was parked. */
  why: '' | 'starved' | 'cutOff' | 'parked';
  /** Knows the present version. */
  isFresh: boolean;
  /** Its claim stands in the record. */
  isHolder: boolean;
  isOwn: boolean;
  inReceive: number;
  /** As the worker counts them. */
  failures: number;
  /** Of `looked`: as the record had them. */
  losses: number;
}

/** A server between its write and its send, or after a failed send; or a process that has ended a wait, before its send. */
export interface Sending {
  isOwn: boolean;
  isFresh: boolean;
  at: 'send' | 'compensate' | 'wake';
}

export const noFaults = {
  crash: 0,
  dup: 0,
  retry: 0,
  cancel: 0,
  sendFail: 0,
  /** A worker that sleeps beyond its lease. */
  pause: 0,
  lost: 0,
  purge: 0,
  /** A sweeper that comes while messages are there. */
  sweep: 0,
  /** All processes are killed, and a queue in memory is lost. */
  restart: 0,
  /** A request that lands once more, late. */
  late: 0,
  rollback: 0,
  outage: 0,
  /** Something keeps the job from running for a while. */
  park: 0,
  /** A handler that waits, and gives its slot back. */
  suspend: 0,
};
/** How often each may still happen. */
export type Faults = Readonly<Record<keyof typeof noFaults, number>>;
export type Fault = keyof Faults;

export interface State {
  job: ModelJob;
  truth: Truth;
  messages: (Message | undefined)[];
  workers: Worker[];
  sendings: Sending[];
  /** A sweeper between its look and its send. */
  sweeping: undefined | { isFresh: boolean; isOwn: boolean; isBet: boolean };
  late: undefined | { touch: 'fail' | 'renew'; failures: number; isHolder: boolean };
  /** The workers know the job's type. */
  isKnown: boolean;
  faults: Faults;
  /** What was wrong with the step that led here. */
  wrong: string | undefined;
}

export const idle = (): Worker => ({
  at: 'idle',
  message: -1,
  event: '',
  why: '',
  isFresh: false,
  isHolder: false,
  isOwn: false,
  inReceive: 0,
  failures: 0,
  losses: 0,
});

export const freshJob: ModelJob = {
  status: 'PENDING',
  failures: 0,
  losses: 0,
  lease: 'none',
  cancelRequested: false,
  isDue: true,
  hasAttempts: false,
  isParked: false,
};
export const nothingTrue: Truth = { failures: 0, losses: 0, isEarly: false, hasBegun: false, kills: 0 };

export function initialState(workers: number, faults: Faults, isDelayed: boolean): State {
  return {
    job: { ...freshJob, isDue: !isDelayed },
    truth: { ...nothingTrue, isEarly: isDelayed },
    messages: [],
    workers: Array.from({ length: workers }, idle),
    sendings: [{ isOwn: true, isFresh: true, at: 'send' }],
    sweeping: undefined,
    late: undefined,
    isKnown: true,
    faults: { ...faults },
    wrong: undefined,
  };
}

export function copyOf(state: State): State {
  return {
    job: { ...state.job },
    truth: { ...state.truth },
    messages: state.messages.map((message) => message && { ...message }),
    workers: state.workers.map((worker) => ({ ...worker })),
    sendings: state.sendings.map((sending) => ({ ...sending })),
    sweeping: state.sweeping && { ...state.sweeping },
    late: state.late && { ...state.late },
    isKnown: state.isKnown,
    faults: state.faults,
    wrong: state.wrong,
  };
}

/** A transition took effect: what other processes knew is out of date, and its old holder does not hold it any more. */
export function becomeNewVersion({ messages, workers, sendings, sweeping, late }: State): void {
  for (const message of messages) if (message !== undefined) message.isFresh = false;
  for (const worker of workers) {
    worker.isFresh = false;
    worker.isHolder = false;
  }
  for (const sending of sendings) sending.isFresh = false;
  if (sweeping !== undefined) sweeping.isFresh = false;
  if (late !== undefined) late.isHolder = false;
}

export function becomeNewGeneration({ messages, workers, sendings, sweeping }: State): void {
  for (const message of messages) if (message !== undefined) message.isOwn = false;
  for (const worker of workers) worker.isOwn = false;
  for (const sending of sendings) sending.isOwn = false;
  if (sweeping !== undefined) sweeping.isOwn = false;
}

/** Only a retry leaves a final state, and none is left: what follows is cleaning up. */
export function isForGood({ job, faults }: State): boolean {
  return isFinal(job.status) && faults.retry === 0;
}

/** The same for states that cannot be told apart later: regardless of the names of workers and messages. */
export function keyOf(state: State): string {
  const { job, truth, messages, workers, sendings, sweeping, late, isKnown, faults, wrong } = state;
  const forGood = isForGood(state);
  const parts: string[] = [];
  for (const [number, message] of messages.entries()) {
    const on = keyOfWorkersOn(number, workers);
    if (message !== undefined) parts.push(`${messageKey(message, forGood || isFinal(job.status))}${on}`);
    else if (on !== '') parts.push(`x${on}`);
  }
  const sending = sendings.map(({ isOwn, isFresh, at }) => bits(isOwn, isFresh) + at);
  const start = `${job.status}|${sorted(parts).join()}|${sorted(sending).join()}|${wrong ?? ''}`;
  if (forGood) return `${start}|${sweeping === undefined ? '' : 's'}`;
  const open = isFinal(job.status)
    ? ''
    : `${job.failures}${job.losses}${job.lease}${bits(job.cancelRequested, job.isDue, job.hasAttempts)}${bits(job.isParked)}${bits(truth.isEarly, truth.hasBegun, isKnown)}${truth.failures}${truth.losses}`;
  const swept = sweeping === undefined ? '' : bits(sweeping.isFresh, sweeping.isOwn, sweeping.isBet);
  const doubled = late === undefined ? '' : `${late.touch}${late.failures}${bits(late.isHolder)}`;
  return `${start}|${open}${truth.kills}|${swept}|${doubled}|${textOf(faults)}`;
}

const texts = new WeakMap<Faults, string>();

/** States share their faults until one happens. */
function textOf(faults: Faults): string {
  const known = texts.get(faults);
  if (known !== undefined) return known;
  const text = Object.values(faults).join('');
  texts.set(faults, text);
  return text;
}

function keyOfWorkersOn(number: number, workers: readonly Worker[]): string {
  const there: string[] = [];
  for (const worker of workers) if (worker.message === number && worker.at !== 'idle') there.push(`+${workerKey(worker)}`);
  return there.length === 0 ? '' : sorted(there).join('');
}

/** Mostly of two. */
function sorted(parts: string[]): string[] {
  const [first = '', second = ''] = parts;
  if (parts.length === 2) return first <= second ? parts : [second, first];
  return parts.length < 2 ? parts : parts.toSorted();
}

const bits = (a: boolean, b = false, c = false): string => `${a ? 1 : 0}${b ? 1 : 0}${c ? 1 : 0}`;

function messageKey({ isOwn, isFresh, isBet, receives, dead }: Message, isOver: boolean): string {
  if (dead === 'drop') return dead;
  if (dead === 'look') return `${dead}${bits(isOwn)}`;
  return `${bits(isOwn, isBet, isBet && isFresh)}${isOver ? '' : receives}${dead}`;
}

export function workerKey({ at, event, why, isFresh, isHolder, isOwn, inReceive, failures, losses }: Worker): string {
  if (isHolder) return `${at}${why}${inReceive}${failures}`;
  return `${at}${why}${event}${bits(isOwn, isFresh)}${losses}`;
}
