/**
 * What may happen in a state of the model, one atomic effect at a time: each request to the table or to SQS is a step, and
 * anything may come between two of them. A message may be visible again at any moment, and a lease may end at any moment
 * that the setting allows, since nobody knows how long a pause is.
 */
import { isFinal } from '../../core/job.ts';
import { deadLetterSteps } from './deadLetterSteps.ts';
import { clientSteps, queueSteps, serverSteps, sweeperSteps, timeSteps } from './environmentSteps.ts';
import type { Model, Step } from './explore.ts';
import { createRules, type Bounds, type Mutant, type Rules } from './rules.ts';
import { copyOf, initialState, isForGood, keyOf, noFaults, type Fault, type Faults, type State } from './state.ts';
import { workerSteps } from './workerSteps.ts';
import { violationOf } from './writes.ts';

/** Faults in what the parts do around the record's decisions, one each. */
export type Misbehaviour =
  | 'forgets the claim whose answer was lost'
  | 'gives up a claim that it does not know of'
  | 'counts failures by adding'
  | 'notes a failure with the next write'
  | 'stops without the due time'
  | 'releases without a due time'
  | 'counts a stop'
  | 'starves for free'
  | 'counts being cut off'
  | 'deletes the message of what is held'
  | 'deletes its message after a lost claim'
  | 'stops without a release'
  | 'ends the job of every dead letter'
  | 'drops every dead letter'
  | 'drops a dead letter before it is sent anew'
  | 'bets on a job that was begun'
  | 'sweeps by giving up'
  | 'never sweeps';

export interface Protocol extends Bounds {
  readonly workers: number;
  readonly perReceive: number;
  readonly maxReceives: number;
  /** What handlers do. */
  readonly handlers: 'anything' | 'succeed' | 'fail' | 'kill' | 'starve';
  /** Holders stop in time: a lease ends only once its holder's handler has ended. */
  readonly hasOwnTimer: boolean;
  readonly isDelayed: boolean;
  readonly faults: Faults;
  readonly mutant: Mutant;
  readonly misbehaves: readonly Misbehaviour[];
}

export const usual: Protocol = {
  workers: 2,
  maxFailures: 2,
  maxLosses: 2,
  perReceive: 2,
  maxReceives: 2,
  handlers: 'anything',
  hasOwnTimer: false,
  isDelayed: false,
  faults: noFaults,
  mutant: {},
  misbehaves: [],
};

/** What the steps of all parts are made with. */
export interface Making {
  readonly protocol: Protocol;
  readonly rules: Rules;
  readonly bounds: Bounds;
  does(misbehaviour: Misbehaviour): boolean;
  /** `change` answers false where the step cannot be made. */
  must(name: string, change: (next: State) => void | false): void;
  may(name: string, change: (next: State) => void | false): void;
  /** A fault, as long as its budget lasts. */
  fault(fault: Fault, name: string, change: (next: State) => void | false): void;
}

export function protocolModel(protocol: Protocol): Model<State> {
  const rules = createRules(protocol, protocol.mutant);
  return {
    initial: [
      initialState(protocol.workers, protocol.faults, false),
      ...(protocol.isDelayed ? [initialState(protocol.workers, protocol.faults, true)] : []),
    ],
    key: keyOf,
    violation: (state) => violationOf(state, { bounds: protocol, hasOwnTimer: protocol.hasOwnTimer, began: protocol.faults }),
    isDone: isDrained,
    steps: (state) => stepsOf(state, protocol, rules),
  };
}

/** Ended, and nothing is left of it anywhere. */
const isDrained = ({ job, messages, workers, sendings, sweeping }: State): boolean =>
  isFinal(job.status) &&
  sweeping === undefined &&
  sendings.length === 0 &&
  messages.every((message) => message === undefined) &&
  workers.every(({ at }) => at === 'idle');

function stepsOf(state: State, protocol: Protocol, rules: Rules): readonly Step<State>[] {
  const steps: Step<State>[] = [];
  function add(name: string, isOptional: boolean, change: (next: State) => void | false): void {
    const to = copyOf(state);
    if (change(to) === false) return;
    dropEmptyPlaces(to);
    steps.push({ name, to, isOptional });
  }
  const making: Making = {
    protocol,
    rules,
    bounds: protocol,
    does: (misbehaviour) => protocol.misbehaves.includes(misbehaviour),
    must: (name, change) => add(name, false, change),
    may: (name, change) => add(name, true, change),
    fault(fault, name, change) {
      if (state.faults[fault] === 0 || isForGood(state)) return;
      add(name, true, (next) => {
        next.faults[fault] -= 1;
        return change(next);
      });
    },
  };
  serverSteps(state, making);
  clientSteps(state, making);
  timeSteps(state, making);
  queueSteps(state, making);
  workerSteps(state, making);
  deadLetterSteps(state, making);
  sweeperSteps(state, making);
  return steps;
}

function dropEmptyPlaces({ messages, workers }: State): void {
  while (messages.length > 0 && messages.at(-1) === undefined && workers.every(({ message }) => message !== messages.length - 1))
    messages.pop();
}
