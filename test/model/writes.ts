/** The model's writes to the record: taken or refused by the shipped rules, and judged by what really happened. */
import { isFinal } from '../../core/job.ts';
import { transitionOf, type TransitionEvent } from '../../core/transitions.ts';
import type { Bounds, Knows, Rules } from './rules.ts';
import { becomeNewVersion, freshJob, nothingTrue, type State } from './state.ts';

export interface Writing {
  readonly rules: Rules;
  readonly bounds: Bounds;
}

/** Returns whether the table accepted it; changes the state if so. `failures`, `losses`: as the writer writes them. */
export function write(
  { rules, bounds }: Writing,
  state: State,
  event: TransitionEvent,
  knows: Knows,
  changes: { readonly failures?: number; readonly losses?: number; readonly isDue?: boolean; readonly isParked?: boolean } = {},
): boolean {
  const { job, truth } = state;
  if (!rules.allows(event, job, knows)) return false;
  judge(state, event, knows, { rules, bounds });
  const { to } = transitionOf(event);
  if (isFinal(to)) {
    state.job = { ...freshJob, status: to };
    state.truth = { ...nothingTrue, kills: truth.kills };
  } else {
    if (event === 'retry' || event === 'retryStuck') {
      state.job = { ...freshJob };
      state.truth = { ...nothingTrue };
    }
    Object.assign(state.job, { isParked: false, ...changes });
    state.job.status = to;
    state.job.lease = to === 'PROCESSING' ? 'live' : 'none';
    if (to === 'PROCESSING') {
      state.job.hasAttempts = true;
      state.truth.hasBegun = true;
    }
  }
  becomeNewVersion(state);
  return true;
}

export function accuse(state: State, what: string): void {
  state.wrong ??= what;
}

/** An attempt begins. */
export function judgeBeginning(state: State, { bounds }: Pick<Writing, 'bounds'>, isNext: boolean): void {
  const { truth, job } = state;
  if (truth.isEarly) accuse(state, 'an attempt began before it was due');
  if (job.cancelRequested && !isNext) accuse(state, 'an attempt began after a cancel was asked for');
  if (truth.failures >= bounds.maxFailures) accuse(state, 'an attempt more than the budget of failures');
}

function judge(state: State, event: TransitionEvent, { isHolder }: Knows, { rules, bounds }: Writing): void {
  const { job, truth } = state;
  const row = transitionOf(event);
  const undecided = rules.undecided(event, job);
  const wasHeld = job.status === 'PROCESSING' && job.lease === 'live';
  if (isFinal(job.status) && event !== 'retry') accuse(state, `${event} left a final state`);
  if (event === 'claim' || event === 'reclaim') {
    judgeBeginning(state, { bounds }, false);
    if (wasHeld) accuse(state, `${event} of a job that is held`);
    if (job.isParked) accuse(state, `${event} of a job that waits on purpose`);
  }
  if (fenced.has(event) && !isHolder) accuse(state, `${event} without the claim`);
  if ((event === 'exhaust' || event === 'cancelAbandoned') && wasHeld) accuse(state, `${event} of a job that is held`);
  if (row.to === 'FAILED_FINAL' && job.cancelRequested) accuse(state, `${event} though a cancel was asked for`);
  if (row.to === 'FAILED_FINAL' && event !== 'failForGood' && truth.failures < bounds.maxFailures && truth.losses < bounds.maxLosses)
    accuse(state, `${event} with ${truth.failures} failures and ${truth.losses} losses`);
  if (row.to === 'CANCELLED' && event !== 'cancel' && !job.cancelRequested) accuse(state, `${event} though nobody asked for a cancel`);
  if (event === 'enqueueFailed' && truth.hasBegun) accuse(state, 'a job that a worker had begun was ended by its compensation');
  if (event === 'retryStuck') {
    if (wasHeld) accuse(state, 'a retry of a job that is held');
    if (job.cancelRequested) accuse(state, 'a retry forgot that a cancel was asked for');
    if (truth.isEarly) accuse(state, 'a retry of a job that waits for its due time');
    if (job.isParked) accuse(state, 'a retry of a job that waits on purpose');
  }
  if (undecided !== undefined) accuse(state, `${event}, though it does not hold that ${undecided}`);
}

const fenced: ReadonlySet<TransitionEvent> = new Set<TransitionEvent>([
  'succeed',
  'failForGood',
  'release',
  'suspend',
  'releaseStarved',
  'exhaustStarved',
  'stop',
]);

/** What is wrong with a state, whatever led to it. */
export function violationOf(
  state: State,
  { bounds, hasOwnTimer, began }: { readonly bounds: Bounds; readonly hasOwnTimer: boolean; readonly began: State['faults'] },
): string | undefined {
  const { wrong, job, truth, workers, messages, faults } = state;
  if (wrong !== undefined) return wrong;
  if (!isFinal(job.status)) {
    if (job.failures > truth.failures) return `${job.failures} failures counted, ${truth.failures} happened`;
    if (job.losses > truth.losses) return `${job.losses} losses counted, ${truth.losses} happened`;
    if (truth.failures > bounds.maxFailures) return `${truth.failures} failures, ${bounds.maxFailures} is the budget`;
    if (truth.kills > bounds.maxLosses) return `${truth.kills} workers lost to their handler, ${bounds.maxLosses} is the budget`;
  }
  if (hasOwnTimer && workers.filter(({ at }) => at === 'running').length > 1) return 'two handlers run at once';
  if (job.isParked && job.status !== 'PENDING') return `a job that is ${job.status} waits on purpose`;
  if (isFinal(job.status)) return undefined;
  const used = (['dup', 'sweep', 'retry', 'crash', 'restart', 'purge', 'park', 'suspend'] as const).reduce(
    (sum, fault) => sum + began[fault] - faults[fault],
    0,
  );
  const count = messages.filter((message) => message !== undefined && message.dead !== 'drop').length;
  return count > 2 + used ? `${count} messages of one job` : undefined;
}
