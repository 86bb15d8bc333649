/**
 * Jobs that wait for jobs: processes that end, retry and cancel them, that announce it and that put them, the sweeper, and
 * deaths anywhere between two requests. What is decided is the shipped look, and what is written the shipped moves, taken or
 * refused by the shipped rules.
 */
import { isFinal } from '../../core/job.ts';
import { isUnawaited } from '../../core/workflow/look.ts';
import { endedChanges, restartedChanges } from '../../core/workflow/moves.ts';
import type { Model } from './explore.ts';
import {
  dependenciesOf,
  idOf,
  itemAt,
  isChild,
  unborn,
  withTeller,
  written,
  type Item,
  type Left,
  type Teller,
  type WorkflowSetting,
  type WorkflowsState,
  type WorkflowStep,
} from './workflowState.ts';
import { familySteps, isCancelledForNothing, isLeftAlone } from './familySteps.ts';
import { createKey } from './workflowKey.ts';
import { tellerSteps } from './workflowSteps.ts';

export function workflowModel(setting: WorkflowSetting): Model<WorkflowsState> {
  const { needs, isWhole = false, crashes = 0, failures = 0, retries = 0, cancels = 0, sweeps = 0 } = setting;
  const initial: WorkflowsState = {
    items: needs.map(() => unborn),
    workflow: { status: 'RUNNING', version: 1, waitsFor: isWhole ? needs.length - 1 : undefined, stamp: 0 },
    tellers: [],
    isMaking: true,
    left: { crashes, failures, retries, cancels, sweeps },
  };
  return {
    initial: [initial],
    key: createKey(),
    violation: ({ wrong }) => wrong,
    isDone: (state) => isDone(setting, state),
    steps: (state) =>
      [
        ...jobSteps(setting, state),
        ...sweeperSteps(setting, state),
        ...state.tellers.flatMap((_, index) => tellerSteps(setting, state, index)),
      ].map((step) => ({ ...step, to: settled(setting, step.to) })),
  };
}

/**
 * Where those who tell have already made each step of their own that hangs on nothing that can change: what they do with what they have
 * read, and reading of a success, which is final. Such a step changes no record, is the only one of the one who makes it (but for
 * his death, which forgets it), and comes out the same before and after any step of anybody else. So the same records are reached in
 * the same order with and without waiting for it, and from the same of them there is a way to the end.
 */
function settled(setting: WorkflowSetting, state: WorkflowsState): WorkflowsState {
  if (setting.isStepByStep === true) return state;
  let present = state;
  for (let index = 0; index < present.tellers.length;) {
    const { at } = present.tellers[index] ?? {};
    const local = at === 'read' || at === 'look' || at === 'confirm' ? tellerSteps(setting, present, index).find(isLocal) : undefined;
    if (local === undefined) index += 1;
    else present = local.to;
  }
  return present;
}

const isLocal = (step: WorkflowStep): boolean => step.isLocal === true;

function jobSteps(setting: WorkflowSetting, state: WorkflowsState): readonly WorkflowStep[] {
  const { needs, policies = [], children = [], mutant } = setting;
  const steps: WorkflowStep[] = [];
  const add = (name: string, isOptional: boolean, number: number, item: Item | undefined, more: Partial<WorkflowsState> = {}): void => {
    if (item === undefined) return;
    const to = { ...state, items: state.items.with(number, item), ...more };
    const tellers = item.tell === undefined ? to.tellers : withTeller(setting, to, { of: number, version: item.tell, isThorough: false });
    steps.push({ name: `${number} ${name}`, isOptional, to: { ...to, tellers } });
  };
  const spent = (what: keyof Left): { readonly left: Left } => ({ left: { ...state.left, [what]: state.left[what] - 1 } });
  for (const [number, item] of state.items.entries()) {
    if (!item.isBorn) continue;
    const ended = mutant === 'ends without a marker' ? { waitsFor: null } : endedChanges(item);
    if (item.status === 'PENDING') add('begins', false, number, written(item, item, { event: 'claim' }, {}), begun(number, item));
    const busy = familySteps(setting, state, number);
    steps.push(...busy);
    if (item.status === 'PROCESSING' && busy.length === 0 && !isLeftAlone(setting, state, number)) {
      add('succeeds', false, number, written(item, item, { event: 'succeed' }, isQuiet(item, number) ? { waitsFor: null } : ended));
      if (state.left.failures > 0) add('fails', true, number, written(item, item, { event: 'failForGood' }, ended), spent('failures'));
    }
    const mayRetry = item.status === 'FAILED_FINAL' || (item.status === 'CANCELLED' && item.cause === undefined);
    if (state.left.retries > 0 && mayRetry) {
      const restarted = restartedChanges(item, dependenciesOf(setting, number, { awaitsChildren: false })[0]);
      const changes =
        mutant === 'retries without a marker'
          ? { ...restarted, tell: null, ...(restarted.waitsFor === null ? { waiting: null } : {}) }
          : restarted;
      const retried = written(item, item, { event: 'retry' }, changes);
      add('is retried', true, number, retried && { ...retried, awaitsChildren: false }, spent('retries'));
    }
    if (state.left.cancels > 0 && item.status === 'PENDING') {
      add('is cancelled', true, number, written(item, item, { event: 'cancel' }, ended), spent('cancels'));
    }
    // By a process that finds its worker gone, which may be wrong.
    if (state.left.cancels > 0 && item.status === 'PROCESSING' && (children[number] ?? []).length > 0) {
      const stopped = written(item, item, { event: 'stop' }, ended);
      add('is cancelled while it runs', true, number, stopped && { ...stopped, runsOn: item.generation }, spent('cancels'));
    }
  }
  return steps;

  function isQuiet({ generation }: Item, number: number): boolean {
    if (setting.seesOthers !== true) return false;
    const listeners = state.items.flatMap((one, at) =>
      needs[at]?.includes(number) === true || children[at]?.includes(number) === true ? [one] : [],
    );
    const shown = ({ isBorn, status, waitsFor, cause }: Item): Parameters<typeof isUnawaited>[1][0] =>
      isBorn ? { status, cause, waitsFor: mutant === 'ends quietly although it is looked at' ? undefined : waitsFor } : undefined;
    const ending = { jobId: idOf(number), generation: mutant === 'ends quietly although it was retried' ? 1 : generation };
    return isUnawaited(ending, listeners.map(shown));
  }

  function begun(number: number, item: Item): Partial<WorkflowsState> {
    const early = (needs[number] ?? []).find((need) => {
      const { hasEnded, status } = itemAt(state, need);
      return (policies[number] ?? 'CANCEL') === 'RUN' ? !hasEnded : status !== 'SUCCEEDED';
    });
    if (early !== undefined) return { wrong: `${number} begins before ${early} ended` };
    const child = item.awaitsChildren ? children[number]?.find((one) => !itemAt(state, one).hasEnded) : undefined;
    return child === undefined ? {} : { wrong: `${number} goes on before its child ${child} ended` };
  }
}

/** Who finds a marker, or a workflow that is being made. */
function sweeperSteps(setting: WorkflowSetting, state: WorkflowsState): readonly WorkflowStep[] {
  const steps: WorkflowStep[] = [];
  if (state.tellers.length >= setting.tellers) return steps;
  const add = (of: Teller['of'], version: number): void => {
    const isBusy = state.tellers.some((teller) => teller.of === of && teller.version === version);
    if (isBusy && state.left.sweeps === 0) return;
    const left = isBusy ? { ...state.left, sweeps: state.left.sweeps - 1 } : state.left;
    const tellers = withTeller(setting, state, { of, version, isThorough: true });
    steps.push({ name: `the sweeper finds ${of}`, isOptional: isBusy, to: { ...state, left, tellers } });
  };
  for (const [number, { tell }] of state.items.entries()) if (tell !== undefined) add(number, tell);
  if (state.workflow.tell !== undefined) add('workflow', state.workflow.tell);
  if (state.isMaking && !state.tellers.some(({ of }) => of === 'making')) add('making', 0);
  return steps;
}

function isDone(setting: WorkflowSetting, state: WorkflowsState): boolean {
  const { items, workflow, tellers, isMaking } = state;
  const { policies = [], isWhole = false } = setting;
  if (tellers.length > 0 || isMaking || workflow.tell !== undefined || items.some(({ tell }) => tell !== undefined)) return false;
  const isHeld = (item: Item, number: number): boolean => {
    if (item.status !== 'PENDING' || item.waitsFor === undefined) return false;
    const at = Number(item.waitsFor);
    const other = itemAt(state, at);
    const isFailure = isFinal(other.status) && other.status !== 'SUCCEEDED';
    return (policies[number] === 'WAIT' && isFailure) || isHeld(other, at);
  };
  const isRight = (item: Item, number: number): boolean => {
    if (!item.isBorn) return isChild(setting, number);
    if (!isFinal(item.status)) return isHeld(item, number);
    if (isCancelledForNothing(setting, state, number)) return false;
    if (item.cause === undefined) return true;
    const { status, generation } = itemAt(state, Number(item.cause.jobId));
    return isFinal(status) && status !== 'SUCCEEDED' && generation === item.cause.generation;
  };
  if (!items.every(isRight)) return false;
  if (!isWhole) return true;
  const own = items.filter((_, number) => !isChild(setting, number));
  const isOver = own.every(({ status }) => isFinal(status));
  if ((workflow.status !== 'RUNNING') !== isOver) return false;
  const expected = own.some(({ status }) => status === 'FAILED_FINAL')
    ? 'FAILED'
    : own.some(({ status }) => status === 'CANCELLED')
      ? 'CANCELLED'
      : 'SUCCEEDED';
  return !isOver || workflow.status === expected;
}
