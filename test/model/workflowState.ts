/** The state that the model of workflows explores: records of jobs, the workflow’s, and the processes that announce changes. */
import { exactly } from '../../core/clock.ts';
import { isFinal, type Job, type JobStatus } from '../../core/job.ts';
import type { GuardName } from '../../core/guards.ts';
import { allows, permits, touchOf, transitionOf, type Touch, type TransitionEvent } from '../../core/transitions.ts';
import type { Seen, Wants } from '../../core/workflow/look.ts';
import type { FieldChanges } from '../../core/workflow/moves.ts';
import type { FailurePolicy, Workflow } from '../../core/workflow/workflow.ts';
import type { Step } from './explore.ts';

export const workflowMutants = [
  'ends without a marker',
  'waits for children without a marker',
  'retries without a marker',
  'never looks at the one it tells of',
  'never revives',
  'writes whatever was written since',
  'looks once',
  'removes a marker of another end',
  'puts without a look',
  'counts a retried failure',
  'ends without a second reading',
  'passes over what is past its own',
  'cancels no children',
  'begins without a look at its parent',
  'ends quietly although it is looked at',
] as const;
export type WorkflowMutant = (typeof workflowMutants)[number];

/** That only larger settings show. */
export const longMutants = [
  'cancels and revives without a marker',
  'cancels what was named again',
  'ends quietly although it was retried',
] as const;
export type LongMutant = (typeof longMutants)[number];

export interface WorkflowSetting {
  /** By job: those that it waits for. */
  readonly needs: readonly (readonly number[])[];
  readonly policies?: readonly FailurePolicy[];
  /** By job: those that its handler makes and waits for. */
  readonly children?: readonly (readonly number[])[];
  /** The workflow ends too. */
  readonly isWhole?: boolean;
  /** Its table looks at those who may wait for a job in the transaction that ends it. */
  readonly seesOthers?: boolean;
  /** Who tell at once. */
  readonly tellers: number;
  readonly crashes?: number;
  readonly failures?: number;
  readonly retries?: number;
  readonly cancels?: number;
  readonly sweeps?: number;
  /** Those who tell wait before every step, also where that makes no difference. */
  readonly isStepByStep?: boolean;
  /** What is broken on purpose. */
  readonly mutant?: WorkflowMutant | LongMutant | undefined;
}

export type Fields = Pick<Job, 'status' | 'version' | 'generation' | 'waitsFor' | 'cause' | 'tell' | 'waiting'>;

export interface Item extends Fields {
  readonly isBorn: boolean;
  /** Another after every write. */
  readonly stamp: number;
  readonly hasEnded: boolean;
  /** It waits for its children from now on, and not for its dependencies. */
  readonly awaitsChildren: boolean;
  /** The generation of its parent that has named it last. */
  readonly parentGeneration: number;
  /** What a running child has seen of its parent: that it goes on, or the generation that was cancelled. */
  readonly sawParent?: 'fine' | number | undefined;
  /** It was cancelled with its parent. */
  readonly isOfCancel: boolean;
  /** The job was taken from a worker that does not know it yet, and creates children for this generation. */
  readonly runsOn?: number | undefined;
}

export type WorkflowItem = Pick<Workflow, 'status' | 'version' | 'waitsFor' | 'cause' | 'tell'> & { readonly stamp: number };

export type Target = number | 'workflow' | `child ${number}`;

/** What somebody does who tells: of a job, of the workflow, or of jobs that he puts. */
export interface Teller {
  readonly of: number | 'workflow' | 'making';
  readonly version: number;
  /** By the sweeper: asks the workflow too where dependants of the told one are still open. */
  readonly isThorough: boolean;
  /** What it looks at, in turn, and at which of them it is. */
  readonly targets: readonly Target[];
  readonly next: number;
  readonly at: 'put' | 'read' | 'look' | 'confirm' | 'told' | 'write told';
  readonly seen?: Item | WorkflowItem | undefined;
  /** By id: as they were read since. */
  readonly reads: Readonly<Record<string, Seen>>;
  /** Dependants of the told one that are not over. */
  readonly open: boolean;
  /** For a cancelled job: the generation whose children are cancelled with it. */
  readonly cancels?: number | undefined;
}

export interface Left {
  readonly crashes: number;
  readonly failures: number;
  readonly retries: number;
  readonly cancels: number;
  readonly sweeps: number;
}

export interface WorkflowsState {
  readonly items: readonly Item[];
  readonly workflow: WorkflowItem;
  readonly tellers: readonly Teller[];
  readonly isMaking: boolean;
  readonly left: Left;
  readonly wrong?: string | undefined;
}

export interface WorkflowStep extends Step<WorkflowsState> {
  /** Of one who tells: it hangs on nothing that can change, so that it may as well be made at once; see `settled`. */
  readonly isLocal?: boolean;
}

export const idOf = (number: number): string => String(number);
export const unborn: Item = {
  isBorn: false,
  status: 'PENDING',
  version: 0,
  generation: 1,
  stamp: 0,
  hasEnded: false,
  awaitsChildren: false,
  parentGeneration: 1,
  isOfCancel: false,
};

export function itemAt(state: WorkflowsState, number: number): Item {
  const item = state.items[number];
  if (item === undefined) throw new Error('no such job');
  return item;
}

export const seenOf = ({ isBorn, status, generation }: Item): Seen => (isBorn ? { status, generation } : 'unborn');

export function dependenciesOf(
  { needs, children = [] }: WorkflowSetting,
  number: number,
  item: Pick<Item, 'awaitsChildren'>,
): readonly string[] {
  return ((item.awaitsChildren ? children[number] : needs[number]) ?? []).map(idOf);
}

export function wantsOf(setting: WorkflowSetting, number: number, item: Item): Wants {
  return {
    dependencies: dependenciesOf(setting, number, item),
    whenDependencyFails: item.awaitsChildren ? 'RUN' : (setting.policies?.[number] ?? 'CANCEL'),
  };
}

const blank: Job = {
  jobId: '-',
  owner: '-',
  type: '-',
  priority: 'NORMAL',
  params: { kind: 'inline', value: null },
  status: 'PENDING',
  version: 1,
  generation: 1,
  attempts: 0,
  failures: 0,
  maxFailures: 9,
  losses: 0,
  maxLosses: 3,
  cancelRequested: false,
  history: [],
  traceId: '-',
  createdAt: 0,
  updatedAt: 0,
  sweeps: 0,
  writeId: '0',
};

export type Written =
  | { readonly event: TransitionEvent; readonly touch?: undefined }
  | { readonly touch: Touch; readonly event?: undefined };

/** What the table makes of a write that was decided from `known`; undefined where it refuses. */
export function written(item: Item, known: Item, which: Written, changes: FieldChanges, ignoresRest = false): Item | undefined {
  const record: Job = {
    ...blank,
    ...item,
    writeId: String(item.stamp),
    ...(item.status === 'PROCESSING' ? { claim: { id: 'c', expiresAt: 9 } } : {}),
    // A stop follows a requested cancel.
    cancelRequested: which.event === 'stop',
  };
  const facts = { now: exactly(1), version: known.version, writeId: String(known.stamp), claimId: 'c' };
  if (which.event === undefined) {
    if (!permits(without(touchOf(which.touch), ignoresRest), record, facts)) return undefined;
    return { ...changed(item, changes), stamp: item.stamp + 1 };
  }
  const rule = transitionOf(which.event);
  if (!allows(without(rule, ignoresRest), record, ignoresRest ? { ...facts, version: item.version } : facts)) return undefined;
  const next = changed({ ...item, waiting: undefined, tell: undefined }, changes);
  return {
    ...next,
    status: rule.to,
    version: item.version + 1,
    stamp: item.stamp + 1,
    hasEnded: item.hasEnded || isFinal(rule.to),
    sawParent: undefined,
  };
}

function without<Rule extends { readonly from: readonly JobStatus[]; readonly guards: readonly GuardName[] }>(
  rule: Rule,
  ignoresRest: boolean,
) {
  return ignoresRest ? { ...rule, guards: rule.guards.filter((guard) => guard !== 'asRead') } : rule;
}

function changed(item: Item, changes: FieldChanges): Item {
  const { waitsFor = item.waitsFor, cause = item.cause, tell = item.tell, waiting = item.waiting, generation = item.generation } = changes;
  return {
    ...item,
    generation,
    waitsFor: waitsFor ?? undefined,
    cause: cause ?? undefined,
    tell: tell ?? undefined,
    waiting: waiting ?? undefined,
  };
}

/** A marker, and the one who tells at once; where too many tell already, he has died. */
export function withTeller(
  setting: WorkflowSetting,
  state: WorkflowsState,
  teller: Pick<Teller, 'of' | 'version' | 'isThorough'>,
): readonly Teller[] {
  if (state.tellers.length >= setting.tellers) return state.tellers;
  const at = teller.of === 'making' ? 'put' : 'read';
  const { status, generation } = typeof teller.of === 'number' ? itemAt(state, teller.of) : unborn;
  const cancels = status === 'CANCELLED' ? generation : undefined;
  const targets = targetsOf(setting, teller.of, cancels !== undefined);
  return [...state.tellers, { ...teller, targets, next: 0, at, reads: {}, open: false, cancels }];
}

export const isChild = ({ children = [] }: WorkflowSetting, number: number): boolean => children.some((those) => those.includes(number));

function targetsOf(setting: WorkflowSetting, of: Teller['of'], isCancelled: boolean): readonly Target[] {
  const { needs, children = [], isWhole = false, mutant } = setting;
  if (of === 'making') return [...needs.keys()].filter((number) => !isChild(setting, number));
  if (of === 'workflow') return mutant === 'never looks at the one it tells of' ? [] : ['workflow'];
  const waiting = [...needs.entries()].flatMap(([number, those]) =>
    those.includes(of) || children[number]?.includes(of) === true ? [number] : [],
  );
  const own = mutant === 'never looks at the one it tells of' ? [] : [of];
  const cancelled = isCancelled ? (children[of] ?? []).map((number) => `child ${number}` as const) : [];
  return [...waiting, ...cancelled, ...own, ...(isWhole && !isChild(setting, of) ? (['workflow'] as const) : [])];
}
