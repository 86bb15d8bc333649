/** A worker's steps, from the receipt of a message to its acknowledgement; see `worker/claim.ts` and `worker/conclude.ts`. */
import { isFinal } from '../../core/job.ts';
import { holderSteps } from './holderSteps.ts';
import type { Acting, Hand, Making } from './making.ts';
import { idle, workerKey, type State, type Worker } from './state.ts';
import { accuse, write } from './writes.ts';

export function workerSteps(state: State, making: Making): void {
  const made = new Set<string>();
  for (const [number, worker] of state.workers.entries()) {
    if (worker.at === 'idle') continue;
    // Workers in the same place are alike.
    const place = `${worker.message} ${workerKey(worker)}`;
    if (made.has(place)) continue;
    made.add(place);
    stepsOf(state, worker, { ...making, ...handOf(number, worker, making) });
  }
}

function handOf(number: number, { message, isOwn, isHolder }: Worker, { rules, does }: Making): Hand {
  const place = (next: State, worker: Worker): void => void (next.workers[number] = worker);
  const leave = (next: State): void => place(next, idle());
  const drop = (next: State, why: 'parked' | '' = ''): void => place(next, { ...idle(), at: 'deleting', message, why });
  return {
    leave,
    drop,
    become(next, change) {
      const own = next.workers[number];
      if (own !== undefined) place(next, { ...own, ...change });
    },
    acknowledge(next, own = isOwn) {
      if (rules.keeps(next.job, own)) leave(next);
      else drop(next, rules.verdict(next.job, own).kind === 'parked' ? 'parked' : '');
    },
    look(next) {
      const verdict = rules.verdict(next.job, isOwn);
      if (verdict.kind === 'run' && !next.isKnown) leave(next);
      else if (verdict.kind === 'run' || verdict.kind === 'end')
        place(next, { ...idle(), at: 'looked', message, event: verdict.event, isFresh: true, isOwn, losses: next.job.losses });
      else if (verdict.kind === 'wait' && !does('deletes the message of what is held')) leave(next);
      else drop(next, verdict.kind === 'parked' ? 'parked' : '');
    },
    die(next) {
      if (isHolder && next.job.lease === 'live') next.truth.losses += 1;
      leave(next);
    },
  };
}

function stepsOf(state: State, worker: Worker, acting: Acting): void {
  const { must, may, fault, does, leave, become, look, drop, acknowledge, die } = acting;
  switch (worker.at) {
    case 'idle':
      return;
    case 'received':
      may('worker cannot reach the table: the receive is burnt', leave);
      if (!state.isKnown) must('worker does not know the type: returns', leave);
      else if (state.messages[worker.message]?.isBet === true) {
        claimSteps(state, worker, 'claim', acting);
        if (state.faults.park > 0) may('worker knows of something in the way, and looks first', look);
      } else must('worker looks', look);
      return;
    case 'looked':
      may('worker cannot reach the table any more', leave);
      if (worker.event === 'claim') {
        fault('park', 'worker parks it instead', (next) => {
          if (!acting.rules.permits('park', next.job, { isFresh: worker.isFresh })) return look(next);
          next.job.isParked = true;
          return drop(next, 'parked');
        });
      }
      if (worker.event === 'claim' || worker.event === 'reclaim') claimSteps(state, worker, worker.event, acting);
      else {
        const { event } = worker;
        must('worker ends it, or is refused', (next) => {
          if (event !== '' && write(acting, next, event, { isFresh: worker.isFresh, isHolder: false })) drop(next);
          else look(next);
        });
      }
      return;
    case 'unsure':
      fault('crash', 'worker killed, not knowing whether it has a claim', die);
      if (does('gives up a claim that it does not know of')) may('worker gives its claim up, not knowing', leave);
      must('worker asks again for its claim', (next) => {
        if (worker.isHolder && !does('forgets the claim whose answer was lost'))
          become(next, { at: 'running', inReceive: 1, failures: next.job.failures });
        else look(next);
      });
      return;
    case 'running':
    case 'waiting':
    case 'over':
      if (worker.at !== 'over' || worker.isHolder) fault('crash', `worker killed, ${worker.at}`, die);
      if (worker.isHolder) holderSteps(state, worker, acting);
      else lostSteps(acting);
      return;
    case 'deleting':
      must('worker deletes its message', (next) => {
        const message = next.messages[worker.message];
        leave(next);
        if (message === undefined) return;
        // What was parked then may have been sent again by now.
        if (!isFinal(next.job.status) && message.isOwn && worker.why !== 'parked')
          accuse(next, `the message of a job that is ${next.job.status} was deleted`);
        next.messages[worker.message] = undefined;
      });
      return;
    default:
      worker.at satisfies never;
  }

  /** It tries to write all the same, and is refused. */
  function lostSteps({ protocol }: Acting): void {
    must('worker learns that its claim is lost', (next) => {
      if (does('deletes its message after a lost claim')) drop(next);
      else acknowledge(next);
    });
    for (const event of ['succeed', 'failForGood', 'release', 'suspend', 'releaseStarved', 'exhaustStarved', 'stop'] as const) {
      // Only where the table would take it: then that is wrong.
      must(`worker without the claim writes ${event}`, (next) =>
        write({ ...acting, bounds: protocol }, next, event, { isFresh: worker.isFresh, isHolder: false }) ? undefined : false,
      );
    }
    must('worker without the claim notes', (next) => {
      if (!acting.rules.permits('fail', next.job, { failures: protocol.maxFailures }) && !acting.rules.permits('renew', next.job, {}))
        return false;
      accuse(next, 'a note without the claim');
      return undefined;
    });
  }
}

function claimSteps(state: State, worker: Worker, event: 'claim' | 'reclaim', acting: Acting): void {
  const { must, fault, become, look, leave } = acting;
  const { isFresh } = worker;
  const claim = (next: State): boolean => {
    const losses = event === 'reclaim' ? { losses: worker.losses + 1 } : {};
    return write(acting, next, event, { isFresh, isHolder: false }, losses);
  };
  const held = { isHolder: true, isFresh: true, isOwn: true, event: '' } as const;
  if (!acting.rules.allows(event, state.job, { isFresh, isHolder: false })) {
    must('worker is refused and looks', look);
    return;
  }
  must(`worker ${event}s`, (next) => {
    claim(next);
    become(next, { ...held, at: 'running', inReceive: 1, failures: next.job.failures });
  });
  fault('lost', `worker ${event}s, the answer is lost`, (next) => {
    claim(next);
    become(next, { ...held, at: 'unsure' });
  });
  fault('crash', `worker ${event}s and is killed`, (next) => {
    claim(next);
    next.truth.losses += 1;
    leave(next);
  });
}
