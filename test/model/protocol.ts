/**
 * What may happen in a state of the model, one atomic effect at a time: each request to the table or to SQS is a step, and
 * anything may come between two of them. A message may be visible again at any moment, and a lease may end at any moment
 * that the setting allows, since nobody knows how long a pause is.
 */
import { isFinal } from '../../core/job.ts';
import { deadLetterSteps } from './deadLetterSteps.ts';
import { clientSteps, queueSteps, serverSteps, sweeperSteps, timeSteps, wakeSteps } from './environmentSteps.ts';
import type { Model, Step } from './explore.ts';
import type { Making, Protocol } from './making.ts';
import { createRules, type Rules } from './rules.ts';
import { copyOf, initialState, isForGood, keyOf, type State } from './state.ts';
import { workerSteps } from './workerSteps.ts';
import { violationOf } from './writes.ts';

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

/** It has ended, and nothing is left of it anywhere. */
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
        next.faults = { ...state.faults, [fault]: state.faults[fault] - 1 };
        return change(next);
      });
    },
  };
  serverSteps(state, making);
  clientSteps(state, making);
  timeSteps(state, making);
  wakeSteps(state, making);
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
