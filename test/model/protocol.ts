/**
 * What may happen in a state of the model, one atomic effect at a time: each request to the table or to SQS is a step, and
 * anything may come between two of them. A worker that is paused is one that takes no step; a lease or a visibility
 * timeout may end at any moment, since nobody knows how long a pause is.
 *
 * Writes go through the same table of transitions as the real ones.
 */
import { isFinal } from '../../core/job.ts';
import { allows, permits, touchOf, transitionOf, type Facts, type GuardName, type TransitionEvent } from '../../core/transitions.ts';
import { verdictOn, type Verdict } from '../../core/verdict.ts';
import type { Model, Step } from './explore.ts';
import { asRecord, hasNothingToSay, initialState, keyOf, now, type Budget, type ModelJob, type State, type WorkerState } from './state.ts';

export interface Protocol {
  readonly budget: Budget;
  readonly maxReceives: number;
  readonly maxSweeps: number;
  /** `patient`: only when no message is left, as its long wait makes likely. `any time`: also in the middle of everything. */
  readonly sweeper: 'patient' | 'any time' | 'none';
  /** Ways to break the protocol on purpose, for the model to find. */
  readonly without?: readonly GuardName[];
  readonly ignoresVersions?: boolean;
  readonly deletesWhatIsHeld?: boolean;
  readonly deletesAfterLostClaim?: boolean;
  readonly endsEveryDeadLetter?: boolean;
  readonly dropsEveryDeadLetter?: boolean;
  readonly betsThatNothingWasTried?: boolean;
}

export function protocolModel(protocol: Protocol): Model<State> {
  return {
    initial: [initialState(protocol.budget)],
    key: keyOf,
    violation: ({ wrong }) => wrong,
    isDone: (state) => isOver(state) || isDrained(state),
    steps: (state) => (isOver(state) ? [] : stepsOf(state, protocol)),
  };
}

/** Only a retry leaves a final state (the test holds that against the table), and none is left: what follows is cleaning up. */
const isOver = ({ job, budget }: State): boolean => isFinal(job.status) && budget.retries === 0;

const isDrained = ({ job, messages, workers, sendings }: State): boolean =>
  isFinal(job.status) &&
  sendings.length === 0 &&
  messages.every((message) => message === undefined) &&
  workers.every(({ at }) => at === 'idle');

function stepsOf(state: State, protocol: Protocol): Steps {
  return [
    ...serverSteps(state, protocol),
    ...clientSteps(state, protocol),
    ...queueSteps(state, protocol),
    ...workerSteps(state, protocol),
    ...deadLetterSteps(state, protocol),
    ...sweeperSteps(state, protocol),
  ];
}

type Steps = readonly Step<State>[];

const must = (name: string, to: State): Step<State> => ({ name, to, isOptional: false });
const may = (name: string, to: State): Step<State> => ({ name, to, isOptional: true });

/** The job after a transition, or undefined where the table refuses it. */
function written(
  job: ModelJob,
  event: TransitionEvent,
  facts: Partial<Facts>,
  protocol: Protocol,
  changes: Partial<ModelJob> = {},
): ModelJob | undefined {
  const { from, to, guards } = transitionOf(event);
  const kept = (guards as readonly GuardName[]).filter((guard) => protocol.without?.includes(guard) !== true);
  const version = protocol.ignoresVersions === true ? job.version : (facts.version ?? job.version);
  if (!allows({ from, guards: kept }, asRecord(job), { now, ...facts, version })) return undefined;
  return { ...job, claim: undefined, ...changes, status: to, version: job.version + 1 };
}

function serverSteps(state: State, protocol: Protocol): Steps {
  return state.sendings.flatMap((sending, index) => {
    const { generation, version, at } = sending;
    const rest = state.sendings.toSpliced(index, 1);
    if (at === 'compensate') {
      const job = written(state.job, 'enqueueFailed', { version }, protocol) ?? state.job;
      return [must('server compensates', { ...state, sendings: rest, job })];
    }
    const sent = sendOf(state, generation, version);
    const steps = [must('server sends', { ...sent, sendings: rest })];
    const { crashes, sendFailures } = state.budget;
    if (crashes > 0)
      steps.push(may('server crashes before its send', { ...state, sendings: rest, budget: { ...state.budget, crashes: crashes - 1 } }));
    if (sendFailures > 0) {
      const budget = { ...state.budget, sendFailures: sendFailures - 1 };
      const sendings = state.sendings.with(index, { ...sending, at: 'compensate' });
      steps.push(may('the send fails', { ...state, sendings, budget }), may('the send’s answer is lost', { ...sent, sendings, budget }));
    }
    return steps;
  });
}

function sendOf(state: State, generation: number, version: number): State {
  return { ...state, messages: [...state.messages, { generation, version, receives: 0, isDead: false }] };
}

/** Reading and then writing under the version that was read is one step here: what comes between makes the write fail. */
function clientSteps(state: State, protocol: Protocol): Steps {
  const { job, budget } = state;
  const steps: Step<State>[] = [];
  if (budget.cancels > 0) {
    const spent = { ...state, budget: { ...budget, cancels: budget.cancels - 1 } };
    const event = job.status === 'PENDING' ? 'cancel' : isAbandoned(job) ? 'cancelAbandoned' : undefined;
    const cancelled = event && written(job, event, {}, protocol);
    if (cancelled !== undefined) steps.push(may('client cancels', { ...spent, job: cancelled }));
    else if (job.status === 'PROCESSING') steps.push(may('client asks for a cancel', { ...spent, job: { ...job, cancelRequested: true } }));
  }
  if (budget.retries > 0) {
    const anew = { generation: job.generation + 1, attempts: 0, failures: 0, losses: 0, cancelRequested: false, sweeps: 0 };
    const retried = written(job, 'retry', {}, protocol, anew) ?? written(job, 'retryStuck', { stuckBefore: now.low }, protocol, anew);
    if (retried !== undefined) {
      const { generation, version } = retried;
      const sendings = [...state.sendings, { generation, version, at: 'send' as const }];
      steps.push(may('client retries', { ...state, job: retried, sendings, budget: { ...budget, retries: budget.retries - 1 } }));
    }
  }
  if (job.claim?.isLive === true) steps.push(must('the lease ends', { ...state, job: { ...job, claim: { ...job.claim, isLive: false } } }));
  return steps;
}

/**
 * A message that was received may at any moment be visible again, and stays so after its worker's end. So it makes no
 * difference where it is meanwhile: whoever is free may receive it, whoever has it.
 */
function queueSteps(state: State, { maxReceives }: Protocol): Steps {
  const { messages, budget, workers } = state;
  return messages.flatMap((message, number) => {
    if (message === undefined || message.isDead) return [];
    const steps: Step<State>[] = [];
    if (budget.duplicates > 0) {
      const doubled = { ...state, messages: [...messages, message], budget: { ...budget, duplicates: budget.duplicates - 1 } };
      steps.push(may(`message ${number} is doubled`, doubled));
    }
    // Of a message that has nothing more to say it does not matter how often it was received: either may happen.
    const isIdle = hasNothingToSay(state, message);
    const mayDie = isIdle || message.receives >= maxReceives;
    if (mayDie)
      steps.push(
        must(`message ${number} becomes a dead letter`, { ...state, messages: messages.with(number, { ...message, isDead: true }) }),
      );
    if (mayDie && !isIdle) return steps;
    const received = messages.with(number, isIdle ? message : { ...message, receives: message.receives + 1 });
    for (const [index, { at }] of workers.entries()) {
      if (at !== 'idle') continue;
      const next = { ...state, messages: received, workers: workers.with(index, { at: 'bet', message: number }) };
      steps.push(must(`worker ${index} receives message ${number}`, next));
    }
    return steps;
  });
}

function workerSteps(state: State, protocol: Protocol): Steps {
  return state.workers.flatMap((worker, index) => {
    if (worker.at === 'idle') return [];
    const become = (next: WorkerState, job = state.job, wrong?: string): State => ({
      ...state,
      job,
      wrong,
      workers: state.workers.with(index, next),
    });
    const steps = stepsOfWorker(state, worker, become, protocol).map(({ name, ...step }) => ({ ...step, name: `worker ${index} ${name}` }));
    const { crashes } = state.budget;
    if (crashes === 0) return steps;
    return [...steps, may(`worker ${index} is killed`, { ...become({ at: 'idle' }), budget: { ...state.budget, crashes: crashes - 1 } })];
  });
}

type Become = (next: WorkerState, job?: ModelJob, wrong?: string) => State;

function stepsOfWorker(state: State, worker: Exclude<WorkerState, { at: 'idle' }>, become: Become, protocol: Protocol): Steps {
  const { job } = state;
  const { message } = worker;
  const { generation, version } = state.messages[message] ?? { generation: 0, version: 0 };
  const toDelete = { at: 'delete', message } as const;

  /** A worker that is refused sees the record, and asks what is to be done with it. */
  function refused(): Steps {
    const verdict = verdictOf(job, generation);
    if (verdict.kind === 'over') return [must('finds nothing to do', become(toDelete))];
    const looks = become({ at: 'look', message, seen: job });
    if (verdict.kind !== 'wait') return [must('looks again', looks)];
    return [must('finds it held', become(protocol.deletesWhatIsHeld === true ? toDelete : { at: 'idle' }))];
  }

  function claim(event: 'claim' | 'reclaim', seen: Pick<ModelJob, 'version' | 'attempts' | 'losses'>): Steps {
    const attempts = seen.attempts + 1;
    const claimed = written(job, event, { version: seen.version }, protocol, {
      attempts,
      losses: event === 'reclaim' ? seen.losses + 1 : job.losses,
      claim: { id: job.version + 1, isLive: true },
    });
    if (claimed === undefined) return refused();
    const wrong = attempts > job.attempts ? undefined : `attempts went back from ${job.attempts} to ${attempts}`;
    return [must('claims', become({ at: 'running', message, claim: claimed.version, generation: claimed.generation }, claimed, wrong))];
  }

  switch (worker.at) {
    case 'bet':
      if (state.messages[message] === undefined) return [must('finds its message gone', become({ at: 'idle' }))];
      return claim('claim', { version, attempts: protocol.betsThatNothingWasTried === true ? 0 : job.attempts, losses: 0 });
    case 'look': {
      const { seen } = worker;
      const verdict = verdictOf(seen, generation);
      if (verdict.kind === 'run') return claim(verdict.event, seen);
      if (verdict.kind !== 'end') return refused();
      const ended = written(job, verdict.event, { version: seen.version }, protocol);
      return ended === undefined ? refused() : [must('ends it', become(toDelete, ended, endingOf(seen, verdict.event)))];
    }
    case 'running':
      return runningSteps(state, worker, become, protocol);
    case 'delete':
      return [must(`deletes message ${message}`, deleted(state, message, become({ at: 'idle' })))];
    default:
      return worker satisfies never;
  }
}

function runningSteps(state: State, worker: Extract<WorkerState, { at: 'running' }>, become: Become, protocol: Protocol): Steps {
  const { job } = state;
  const { message } = worker;
  const facts = { claimId: String(worker.claim), version: worker.claim };
  const holds = job.claim?.id === worker.claim;

  function end(event: 'succeed' | 'failForGood' | 'release' | 'stop', hasFailed = false): State {
    const mayStop = event === 'failForGood' || event === 'release';
    const failures = hasFailed ? job.failures + 1 : job.failures;
    const next =
      written(job, event, facts, protocol, { failures }) ??
      (mayStop && job.cancelRequested ? written(job, 'stop', facts, protocol) : undefined);
    if (next === undefined) return lost();
    const wrong = holds ? undefined : `a write (${event}) without the claim took effect`;
    // Giving a message back is nothing of its own here: it may become visible at any moment.
    return become(isFinal(next.status) ? { at: 'delete', message } : { at: 'idle' }, next, wrong);
  }
  function lost(): State {
    const isOver = isFinal(job.status) || job.generation > worker.generation || protocol.deletesAfterLostClaim === true;
    return become(isOver ? { at: 'delete', message } : { at: 'idle' });
  }

  const steps = [
    must('succeeds', end('succeed')),
    must('fails', end('release', true)),
    must('fails for good', end('failForGood')),
    may('stops', end('release')),
  ];
  const renewed = permits(touchOf('renew'), asRecord(job), { now, leaseExpiresAt: Number.POSITIVE_INFINITY, ...facts });
  if (!renewed) return [...steps, must('learns that its claim is lost', lost())];
  if (job.cancelRequested) return [...steps, must('sees the cancel', end('stop'))];
  if (job.claim?.isLive === false) steps.push(must('renews its claim', become(worker, { ...job, claim: { ...job.claim, isLive: true } })));
  return steps;
}

/** A receipt may still count after its message was delivered again: SQS promises nothing about it. */
function deleted(state: State, number: number, next: State): State {
  const message = state.messages[number];
  if (message === undefined) return next;
  const wrong = hasNothingToSay(state, message) ? undefined : `message ${number} was deleted while its job is ${state.job.status}`;
  return { ...next, wrong, messages: next.messages.with(number, undefined) };
}

/** Writing and deleting are two steps: between them the handler may be run again. */
function deadLetterSteps(state: State, protocol: Protocol): Steps {
  const { job, messages } = state;
  return messages.flatMap((message, number) => {
    if (message?.isDead !== true) return [];
    const dropped = { ...state, messages: messages.with(number, undefined) };
    const verdict = verdictOf(job, message.generation);
    const event = verdict.kind === 'end' ? verdict.event : 'exhaust';
    if (verdict.kind === 'over') return [must(`dead letter ${number} is done with`, dropped)];
    if (protocol.dropsEveryDeadLetter === true) return [must(`dead letter ${number} is dropped`, dropped)];
    if (verdict.kind === 'end' || protocol.endsEveryDeadLetter === true) {
      const ended = written(job, event, {}, protocol);
      return ended === undefined ? [] : [must(`dead letter ${number} ends the job`, { ...state, job: ended, wrong: endingOf(job, event) })];
    }
    return [must(`dead letter ${number} is sent anew`, sendOf(dropped, job.generation, job.version))];
  });
}

/** What the sweeper notes, after it has sent, only makes it more patient: that is no matter here. */
function sweeperSteps(state: State, protocol: Protocol): Steps {
  const { job, messages } = state;
  if (protocol.sweeper === 'none') return [];
  const isEarly = messages.some((message) => message !== undefined);
  if (isEarly && (protocol.sweeper === 'patient' || job.sweeps >= protocol.maxSweeps)) return [];
  const verdict = verdictOf(job, job.generation);
  if (verdict.kind === 'end') {
    const ended = written(job, verdict.event, {}, protocol);
    return ended === undefined ? [] : [must('sweeper ends it', { ...state, job: ended, wrong: endingOf(job, verdict.event) })];
  }
  if (verdict.kind !== 'run') return [];
  const noted = { ...state, job: { ...job, sweeps: isEarly ? job.sweeps + 1 : job.sweeps } };
  return [must('sweeper sends again', sendOf(noted, job.generation, job.version))];
}

function verdictOf(job: ModelJob, generation: number): Verdict {
  return verdictOn(asRecord(job), now, generation);
}

function isAbandoned(job: ModelJob): boolean {
  const verdict = verdictOf(job, job.generation);
  return verdict.kind === 'end' && verdict.event === 'cancelAbandoned';
}

/** What is wrong with an end that is nobody's outcome. */
function endingOf(job: ModelJob, event: 'exhaust' | 'cancelAbandoned'): string | undefined {
  const { failures, maxFailures, losses, maxLosses } = asRecord(job);
  const isRight = event === 'cancelAbandoned' || failures >= maxFailures || (job.claim !== undefined && losses + 1 >= maxLosses);
  return isRight ? undefined : `a job ended with ${failures} failures and ${losses} losses`;
}
