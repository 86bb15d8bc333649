/** The steps of a worker that holds the job: what its handler does, its writes and renewals, and how it ends. */
import type { TransitionEvent } from '../../core/transitions.ts';
import type { State, Worker } from './state.ts';
import type { Acting } from './making.ts';
import { accuse, judgeBeginning, write } from './writes.ts';

type Changes = { readonly failures?: number; readonly losses?: number; readonly isDue?: boolean; readonly isParked?: boolean };

export function holderSteps(state: State, worker: Worker, acting: Acting): void {
  const { must, may, fault, rules, protocol, does, become, acknowledge } = acting;
  const { job } = state;
  const knows = { isFresh: worker.isFresh, isHolder: true };

  /** As `conclude`: what was refused because a cancel was asked for becomes a stop. */
  function conclude(next: State, event: TransitionEvent, changes: Changes = {}): void {
    // Nothing was lost where the holder itself concludes in spite of its lease's end.
    const wasFree = next.job.lease === 'over' && event !== 'releaseStarved' && event !== 'exhaustStarved' && next.truth.losses > 0;
    if (wasFree) next.truth.losses -= 1;
    if (!write(acting, next, event, knows, changes) && !(next.job.cancelRequested && write(acting, next, 'stop', knows))) {
      accuse(next, `the holder’s ${event} is refused`);
    }
    acknowledge(next);
  }
  const ends = (name: string, event: TransitionEvent, changes: (next: State) => Changes = () => ({})): void => {
    must(name, (next) => conclude(next, event, changes(next)));
    // A repeated write learns from the record that it was made before, or that another was faster.
    fault('lost', `${name}, the answer is lost`, (next) => conclude(next, event, changes(next)));
  };

  if (job.cancelRequested) must('worker sees the cancel and stops', (next) => conclude(next, 'stop'));
  if (worker.at === 'over') {
    overSteps();
    return;
  }
  if (job.lease === 'over') {
    must('a renewal lands after all', (next) => {
      if (!rules.permits('renew', next.job, { isHolder: true })) return false;
      next.job.lease = 'live';
      next.truth.losses -= 1;
      return undefined;
    });
    must('worker wakes after its lease’s end, and takes itself for starved', (next) => become(next, { at: 'over', why: 'starved' }));
    must('worker wakes after its lease’s end, and takes itself for cut off', (next) => become(next, { at: 'over', why: 'cutOff' }));
  } else if (protocol.hasOwnTimer) {
    fault('outage', 'the table is away: the holder ends its handler in time', (next) => become(next, { at: 'over', why: 'cutOff' }));
  }
  fault('late', 'worker renews, and the request will land once more', (next) => {
    if (next.late !== undefined || next.job.lease !== 'live') return false;
    next.late = { touch: 'renew', failures: 0, isHolder: true };
    return undefined;
  });
  if (worker.at === 'waiting') waitingSteps();
  else runningSteps();

  function runningSteps(): void {
    const { handlers, perReceive } = protocol;
    const does_ = (what: typeof handlers): boolean => handlers === 'anything' || handlers === what;
    if (does_('succeed')) ends('handler succeeds', 'succeed');
    if (handlers === 'anything') ends('handler fails for good', 'failForGood', (next) => ({ failures: next.job.failures + 1 }));
    if (does_('fail')) failureSteps(worker.failures + 1, worker.inReceive >= perReceive);
    if (handlers === 'kill') {
      must('handler kills its worker', (next) => {
        next.truth.kills += 1;
        acting.die(next);
      });
    }
    if (handlers === 'starve') {
      must('handler starves its worker until the lease is over', (next) => {
        if (next.job.lease === 'live') next.truth.losses += 1;
        next.job.lease = 'over';
        next.truth.kills += 1;
        become(next, { at: 'over', why: 'starved' });
      });
    }
    may('graceful stop', (next) => {
      if (does('stops without a release')) return acting.leave(next);
      return conclude(next, 'release', does('counts a stop') ? { failures: next.job.failures + 1 } : {});
    });
    const failures = worker.failures + (does('counts a wait') ? 1 : 0);
    fault('suspend', 'handler sleeps', (next) => {
      const isCancelled = next.job.cancelRequested;
      conclude(next, 'suspend', { failures, isDue: false });
      if (!isCancelled) next.truth.isEarly = true;
    });
    fault('suspend', 'handler waits for something', (next) => conclude(next, 'suspend', { failures, isParked: true }));
    fault('lost', 'graceful stop, the answer is lost', (next) => conclude(next, 'release'));
  }

  /** `failures`: this one included. */
  function failureSteps(failures: number, isLastOfReceive: boolean): void {
    const isLast = failures >= protocol.maxFailures;
    const happens = (next: State): void => void (next.truth.failures += 1);
    if (isLast || isLastOfReceive) {
      ends('handler fails, the receive ends', 'release', (next) => {
        happens(next);
        // After the last one there is no due time: the process that gets the message ends the job.
        if (!isLast && !next.job.cancelRequested) next.truth.isEarly = true;
        return { failures, isDue: isLast || does('releases without a due time') };
      });
      return;
    }
    const note = (next: State): void => {
      happens(next);
      next.truth.isEarly = true;
      if (!does('notes a failure with the next write')) {
        if (!rules.permits('fail', next.job, { isHolder: true, failures })) return accuse(next, 'the holder’s note is refused');
        if (next.job.lease === 'over') next.truth.losses -= 1;
        Object.assign(next.job, { failures, isDue: false, lease: 'live' });
      }
      become(next, { at: 'waiting', inReceive: worker.inReceive + 1, failures });
    };
    must('handler fails, noted', note);
    fault('late', 'handler fails, noted, and the request will land once more', (next) => {
      if (next.late !== undefined) return false;
      note(next);
      next.late = { touch: 'fail', failures, isHolder: true };
      return undefined;
    });
    fault('crash', 'handler fails, noted, worker killed', (next) => {
      note(next);
      if (next.job.lease === 'live') next.truth.losses += 1;
      acting.leave(next);
    });
  }

  function waitingSteps(): void {
    if (!state.truth.isEarly) {
      must('the next attempt begins', (next) => {
        judgeBeginning(next, protocolBounds(), true);
        become(next, { at: 'running' });
      });
    }
    may('graceful stop between attempts', (next) =>
      conclude(next, 'release', { failures: worker.failures, isDue: does('stops without the due time') || !next.truth.isEarly }),
    );
  }

  function overSteps(): void {
    if (worker.why === 'cutOff' || does('starves for free')) {
      must('holder that ended its handler releases', (next) => {
        if (does('counts being cut off')) return conclude(next, 'releaseStarved', { losses: next.job.losses + 1 });
        return conclude(next, 'release');
      });
    } else if (rules.isLastLoss(job)) must('starved once too often', (next) => conclude(next, 'exhaustStarved'));
    else must('starved', (next) => conclude(next, 'releaseStarved', { losses: next.job.losses + 1 }));
  }

  function protocolBounds(): { readonly bounds: Acting['bounds'] } {
    return { bounds: protocol };
  }
}
