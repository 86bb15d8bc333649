/**
 * What may happen in a state of the model, one atomic effect at a time: each request to the table or to SQS is a step, and
 * anything may come between two of them. A worker that is paused is one that takes no step; a lease or a visibility
 * timeout may end at any moment, since nobody knows how long a pause is.
 *
 * Writes go through the same table of transitions as the real ones.
 */
import { isFinal } from '../../core/job.ts';
import { allows, touchOf, transitionOf, type Facts, type GuardName, type TransitionEvent } from '../../core/transitions.ts';
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
  readonly deadLetterOfAnyGeneration?: boolean;
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
      const job = written(state.job, 'enqueueFailed', { generation, version }, protocol) ?? state.job;
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
    const cancelled = written(job, 'cancel', {}, protocol) ?? written(job, 'cancelAbandoned', {}, protocol);
    if (cancelled !== undefined) steps.push(may('client cancels', { ...spent, job: cancelled }));
    else if (job.status === 'PROCESSING') steps.push(may('client asks for a cancel', { ...spent, job: { ...job, cancelRequested: true } }));
  }
  if (budget.retries > 0) {
    const anew = { generation: job.generation + 1, attempts: 0, cancelRequested: false, sweeps: 0 };
    const retried = written(job, 'retry', {}, protocol, anew) ?? written(job, 'retryStuck', { stuckBefore: now }, protocol, anew);
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

  /** A worker that is refused sees the record. One that finds it held leaves, or waits and tries to take over. */
  function refused(): Steps {
    if (isFinal(job.status) || job.generation > generation) return [must('finds nothing to do', become(toDelete))];
    const looks = become({ at: 'look', message, seen: job });
    if (job.status === 'PENDING') return [must('looks again', looks)];
    return [
      must('finds it held', become(protocol.deletesWhatIsHeld === true ? toDelete : { at: 'idle' })),
      must('waits for the lease', looks),
    ];
  }

  function claim(event: 'claim' | 'reclaim', known: number, attemptsKnown: number): Steps {
    const attempts = attemptsKnown + 1;
    const claimed = written(job, event, { generation, version: known }, protocol, {
      attempts,
      claim: { id: job.version + 1, isLive: true },
    });
    if (claimed === undefined) return refused();
    const wrong = attempts > job.attempts ? undefined : `attempts went back from ${job.attempts} to ${attempts}`;
    return [must('claims', become({ at: 'running', message, claim: claimed.version, generation: claimed.generation }, claimed, wrong))];
  }

  switch (worker.at) {
    case 'bet':
      if (state.messages[message] === undefined) return [must('finds its message gone', become({ at: 'idle' }))];
      return claim('claim', version, protocol.betsThatNothingWasTried === true ? 0 : job.attempts);
    case 'look': {
      const { seen } = worker;
      if (seen.status === 'PENDING') return claim('claim', seen.version, seen.attempts);
      if (!seen.cancelRequested) return claim('reclaim', seen.version, seen.attempts);
      const cancelled = written(job, 'cancelAbandoned', { version: seen.version }, protocol);
      return cancelled === undefined ? refused() : [must('cancels what was abandoned', become(toDelete, cancelled))];
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

  function end(event: 'succeed' | 'failForGood' | 'release' | 'stop'): State {
    const isStop = event === 'failForGood' || event === 'release';
    const next =
      written(job, event, facts, protocol) ?? (isStop && job.cancelRequested ? written(job, 'stop', facts, protocol) : undefined);
    if (next === undefined) return lost();
    const wrong = holds ? undefined : `a write (${event}) without the claim took effect`;
    // Giving a message back is nothing of its own here: it may become visible at any moment.
    return become(isFinal(next.status) ? { at: 'delete', message } : { at: 'idle' }, next, wrong);
  }
  function lost(): State {
    const isOver = isFinal(job.status) || job.generation > worker.generation || protocol.deletesAfterLostClaim === true;
    return become(isOver ? { at: 'delete', message } : { at: 'idle' });
  }

  const steps = [must('succeeds', end('succeed')), must('fails', end('release')), must('fails for good', end('failForGood'))];
  const renewed = allows(touchOf('renew'), asRecord(job), { now, ...facts });
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
    const isOwn = job.generation === message.generation || protocol.deadLetterOfAnyGeneration === true;
    if (isFinal(job.status) || !isOwn)
      return [must(`dead letter ${number} is done with`, { ...state, messages: messages.with(number, undefined) })];
    const generation = protocol.deadLetterOfAnyGeneration === true ? job.generation : message.generation;
    const event = job.cancelRequested ? 'cancelAbandoned' : 'deadLetter';
    const ended = written(job, event, { generation }, protocol);
    if (ended === undefined) return [];
    const wrong = job.generation === message.generation ? undefined : 'a dead letter ended a generation that is not its own';
    return [must(`dead letter ${number} ends the job`, { ...state, job: ended, wrong })];
  });
}

function sweeperSteps(state: State, protocol: Protocol): Steps {
  const { job, messages, budget } = state;
  if (protocol.sweeper === 'none' || isFinal(job.status) || job.claim?.isLive === true) return [];
  if (protocol.sweeper === 'patient' && messages.some((message) => message !== undefined)) return [];
  if (job.cancelRequested) {
    const cancelled = written(job, 'cancelAbandoned', {}, protocol);
    return cancelled === undefined ? [] : [must('sweeper cancels', { ...state, job: cancelled })];
  }
  if (job.sweeps >= protocol.maxSweeps) {
    const givenUp = written(job, 'giveUp', {}, protocol);
    return givenUp === undefined ? [] : [must('sweeper gives up', { ...state, job: givenUp })];
  }
  if (!allows(touchOf('sweep'), asRecord(job), { now, version: job.version })) return [];
  const touched = { ...state, job: { ...job, sweeps: job.sweeps + 1 } };
  const steps = [must('sweeper sends again', sendOf(touched, job.generation, job.version))];
  if (budget.crashes > 0)
    steps.push(may('sweeper dies before its send', { ...touched, budget: { ...budget, crashes: budget.crashes - 1 } }));
  return steps;
}
