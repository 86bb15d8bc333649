/**
 * Parents and children in the model of workflows: which parents create, name and cancel children, and which children go on. A write
 * and the read that it depends on are one step where the shipped write is refused after any other write.
 */
import { isFinal } from '../../core/job.ts';
import { endedChanges, waitsForJobs } from '../../core/workflow/moves.ts';
import {
  idOf,
  itemAt,
  unborn,
  withTeller,
  written,
  type Item,
  type Teller,
  type WorkflowSetting,
  type WorkflowsState,
  type WorkflowStep,
} from './workflowState.ts';

/** The steps of a running job. Empty: its handler has nothing more to do with other jobs, and may end. */
export function familySteps(setting: WorkflowSetting, state: WorkflowsState, number: number): readonly WorkflowStep[] {
  const { mutant } = setting;
  const item = itemAt(state, number);
  const children = setting.children?.[number] ?? [];
  const parent = parentOf(setting, number);
  if (item.status === 'PROCESSING' && parent !== undefined && item.sawParent !== 'fine') return [looked(itemAt(state, parent))];
  const running = item.status === 'PROCESSING' ? item.generation : item.runsOn;
  if (running === undefined || children.length === 0 || item.awaitsChildren) return [];
  for (const child of children) {
    const found = itemAt(state, child);
    if (!found.isBorn) {
      const made = { ...unborn, isBorn: true, version: 1, stamp: 1, parentGeneration: running };
      return [step(`${number} makes child ${child}`, child, made, item.status !== 'PROCESSING')];
    }
    if (item.status !== 'PROCESSING' || found.status === 'SUCCEEDED' || found.parentGeneration >= running) continue;
    const named = isFinal(found.status)
      ? written(found, found, { event: 'retry' }, { generation: found.generation + 1, cause: null })
      : written(found, found, { touch: 'adopt' }, {});
    if (named === undefined) continue;
    return [
      step(
        `${number} names child ${child}`,
        child,
        { ...named, parentGeneration: running, isOfCancel: false, sawParent: named.sawParent },
        false,
      ),
    ];
  }
  if (item.status !== 'PROCESSING') return [];
  const tell = mutant === 'waits for children without a marker' ? null : item.version + 1;
  const waits = written(item, item, { event: 'suspend' }, { waiting: waitsForJobs, waitsFor: idOf(children[0] ?? -1), tell });
  return waits === undefined ? [] : [step(`${number} waits for its children`, number, { ...waits, awaitsChildren: true }, false)];

  /** After its claim it reads its parent, and then asks itself to stop. */
  function looked(present: Item): WorkflowStep {
    const { sawParent } = item;
    const isCancelled = present.status === 'CANCELLED' && mutant !== 'begins without a look at its parent';
    if (sawParent === undefined) {
      return step(`${number} looks at its parent`, number, { ...item, sawParent: isCancelled ? present.generation : 'fine' }, false);
    }
    if (typeof sawParent === 'number' && item.parentGeneration > sawParent)
      return step(`${number} is named again`, number, { ...item, sawParent: 'fine' }, false);
    return step(`${number} stops for its parent`, number, cancelledOf(item), false);
  }

  function step(name: string, at: number, to: Item, isOptional: boolean): WorkflowStep {
    const next = { ...state, items: state.items.with(at, to) };
    const isNews = to.tell !== undefined && to.tell !== itemAt(state, at).tell;
    const tellers = isNews ? withTeller(setting, next, { of: at, version: to.tell, isThorough: false }) : state.tellers;
    return { name, isOptional, to: { ...next, tellers } };
  }
}

function parentOf({ children = [] }: WorkflowSetting, number: number): number | undefined {
  const parent = children.findIndex((those) => those.includes(number));
  return parent === -1 ? undefined : parent;
}

/** A child after the process that announces a cancelled parent has read and written it. Undefined: the child is left alone. */
export function childCancelled({ mutant }: WorkflowSetting, teller: Teller, child: Item): Item | undefined {
  if (!child.isBorn || isFinal(child.status) || teller.cancels === undefined || mutant === 'cancels no children') return undefined;
  if (child.parentGeneration > teller.cancels && mutant !== 'cancels what was named again') return undefined;
  return cancelledOf(child);
}

/** Whether a child of a cancelled parent goes on for ever. */
export function isLeftAlone(setting: WorkflowSetting, state: WorkflowsState, number: number): boolean {
  const parent = parentOf(setting, number);
  return parent !== undefined && itemAt(state, parent).status === 'CANCELLED';
}

/** Whether a child is cancelled although its parent goes on, and has named it since. */
export function isCancelledForNothing(setting: WorkflowSetting, state: WorkflowsState, number: number): boolean {
  const parent = parentOf(setting, number);
  return parent !== undefined && itemAt(state, number).isOfCancel && itemAt(state, parent).status !== 'CANCELLED';
}

function cancelledOf(child: Item): Item {
  const event = child.status === 'PENDING' ? 'cancelForCause' : 'stop';
  const ended = written(child, child, { event }, endedChanges(child));
  return { ...(ended ?? child), isOfCancel: true };
}
