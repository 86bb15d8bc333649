/** The steps of everything except workers and dead letters: servers, clients, time, queues and the sweeper. */
import { isFinal } from '../../core/job.ts';
import type { Making } from './making.ts';
import { becomeNewGeneration, idle, type State } from './state.ts';
import { accuse, write } from './writes.ts';

/** As `sendMessage` makes it: a job that an attempt was begun on is read before it is claimed. */
export function send(
  { messages, job }: State,
  { isOwn, isFresh }: { readonly isOwn: boolean; readonly isFresh: boolean },
  { does }: Pick<Making, 'does'>,
  isBet = !job.hasAttempts || does('claims a begun job without a read'),
): void {
  messages.push({ isOwn, isFresh, isBet, receives: 0, dead: '' });
}

export function serverSteps({ sendings }: State, making: Making): void {
  const { must, fault } = making;
  for (const [index, sending] of sendings.entries()) {
    const { isOwn, isFresh, at } = sending;
    const leave = (next: State): void => void next.sendings.splice(index, 1);
    if (at === 'wake') {
      must('who ended the wait sends', (next) => {
        if (!making.does('ends a wait without a message')) send(next, sending, making);
        leave(next);
      });
      fault('crash', 'who ended the wait dies before the send', leave);
      continue;
    }
    if (at === 'compensate') {
      must('server compensates', (next) => {
        leave(next);
        if (write(making, next, 'enqueueFailed', { isFresh, isHolder: false }) && !isOwn)
          accuse(next, 'a compensation ended another generation');
      });
      fault('crash', 'server dies before its compensation', leave);
      continue;
    }
    const compensate = (next: State): void => {
      const own = next.sendings[index];
      if (own !== undefined) own.at = 'compensate';
    };
    must('server sends', (next) => {
      send(next, sending, making, true);
      leave(next);
    });
    fault('crash', 'server dies before its send', leave);
    fault('sendFail', 'the send fails', compensate);
    fault('sendFail', 'the send is done, its answer lost', (next) => {
      send(next, sending, making, true);
      compensate(next);
    });
  }
}

/** Reading and then writing under the version that was read is one step here: what comes between makes the write fail. */
export function clientSteps(_: State, making: Making): void {
  const { fault, rules } = making;
  const knows = { isFresh: true, isHolder: false };
  const cancelAbandoned = (next: State): boolean => {
    const verdict = rules.verdict(next.job, true);
    return verdict.kind === 'end' && verdict.event === 'cancelAbandoned' && write(making, next, 'cancelAbandoned', knows);
  };
  fault('cancel', 'client cancels', (next) => {
    if (next.job.status === 'PENDING') return write(making, next, 'cancel', knows) ? undefined : false;
    if (cancelAbandoned(next)) return undefined;
    if (next.job.cancelRequested || !rules.permits('requestCancel', next.job, {})) return false;
    next.job.cancelRequested = true;
    return undefined;
  });
  fault('cancel', 'client asks for a cancel, and finds the job abandoned', (next) => {
    if (next.job.cancelRequested || !rules.permits('requestCancel', next.job, {})) return false;
    next.job.cancelRequested = true;
    return cancelAbandoned(next) ? undefined : false;
  });
  fault('retry', 'client retries', (next) => {
    if (!write(making, next, 'retry', knows) && !write(making, next, 'retryStuck', knows)) return false;
    becomeNewGeneration(next);
    next.sendings.push({ isOwn: true, isFresh: true, at: 'send' });
    return undefined;
  });
}

export function timeSteps(state: State, making: Making): void {
  const { job, truth, workers, late } = state;
  const { must, may, fault, protocol, rules, does } = making;
  if (!isFinal(job.status) && (!job.isDue || truth.isEarly)) {
    must('dueAt comes', (next) => {
      next.job.isDue = true;
      next.truth.isEarly = false;
    });
  }
  if (job.status === 'PROCESSING' && job.lease === 'live') {
    const holder = workers.find(({ isHolder }) => isHolder);
    const ends = (isLoss: boolean) => (next: State) => {
      next.job.lease = 'over';
      if (isLoss) next.truth.losses += 1;
    };
    if (holder === undefined) must('the lease of nobody ends', ends(false));
    else if (protocol.hasOwnTimer && holder.at === 'over' && holder.why === 'cutOff')
      may('the lease ends, its holder has stopped', ends(true));
    else if (!protocol.hasOwnTimer && protocol.handlers !== 'starve') fault('pause', 'the lease ends while its holder lives', ends(true));
  }
  if (!isFinal(job.status) && state.isKnown) fault('rollback', 'nobody knows the type any more', (next) => void (next.isKnown = false));
  if (!state.isKnown) must('the type is known again', (next) => void (next.isKnown = true));
  if (late !== undefined) {
    must(`a doubled ${late.touch} lands late`, (next) => {
      next.late = undefined;
      const { isHolder, failures } = late;
      if (does('counts failures by adding') && late.touch === 'fail') {
        if (isHolder) next.job.failures += 1;
      } else if (!rules.permits(late.touch, next.job, { isHolder, failures, lease: 'over' })) return;
      else if (late.touch === 'renew') {
        if (!isHolder) accuse(next, 'a renewal without the claim');
        next.job.lease = 'over';
        return;
      } else next.job.failures = failures;
      if (!isHolder) accuse(next, 'a failure was noted without the claim');
      // With its old due time, which has come.
      next.job.isDue = true;
    });
  }
}

/** What kept the job from running is over: the process that learns of it ends the wait, then sends. */
export function wakeSteps({ job }: State, { must, rules }: Making): void {
  if (!job.isParked) return;
  must('its wait is over', (next) => {
    if (!rules.permits('unpark', next.job, {})) return false;
    next.job.isParked = false;
    next.sendings.push({ isOwn: true, isFresh: true, at: 'wake' });
    return undefined;
  });
}

export function queueSteps({ job, messages, workers }: State, { must, fault, protocol }: Making): void {
  const isOver = isFinal(job.status);
  for (const [number, message] of messages.entries()) {
    if (message?.dead !== '') continue;
    fault('dup', 'a message is doubled', (next) => void next.messages.push({ ...message }));
    // For a message that is out of date it does not matter how often it was received: either may happen.
    const saysNothing = isOver || !message.isOwn;
    const isUsedUp = message.receives >= protocol.maxReceives;
    if (saysNothing || isUsedUp) {
      must('a message becomes a dead letter', (next) => {
        const own = next.messages[number];
        if (own !== undefined) own.dead = 'look';
      });
    }
    const free = workers.findIndex(({ at }) => at === 'idle');
    if ((isUsedUp && !saysNothing) || free === -1) continue;
    must('a worker receives', (next) => {
      const own = next.messages[number];
      if (own !== undefined && !saysNothing) own.receives = Math.min(protocol.maxReceives, own.receives + 1);
      const { isOwn, isFresh } = message;
      next.workers[free] = { ...idle(), at: 'received', message: number, isOwn, isFresh };
    });
  }
  fault('purge', 'the queues are emptied', (next) => {
    next.messages = next.messages.map((message) => (message?.dead === '' ? undefined : message));
  });
  fault('restart', 'everything is killed, and a queue in memory is lost', (next) => {
    next.messages = next.messages.map(() => undefined);
    next.sendings = [];
    next.sweeping = undefined;
    if (next.workers.some(({ isHolder }) => isHolder) && next.job.lease === 'live') next.truth.losses += 1;
    next.workers = next.workers.map(idle);
  });
}

/** It sends, and then records that; the record only makes it wait longer, which does not matter here. */
export function sweeperSteps({ job, messages, sweeping }: State, making: Making): void {
  const { must, fault, rules, does } = making;
  if (does('never sweeps')) return;
  if (sweeping !== undefined) {
    must('sweeper sends', (next) => {
      send(next, sweeping, making, sweeping.isBet);
      next.sweeping = undefined;
      if (rules.permits('sweep', next.job, {}) && next.job.lease === 'live') accuse(next, 'a sweep was noted on a job that is held');
    });
    fault('crash', 'sweeper dies before its send', (next) => void (next.sweeping = undefined));
    return;
  }
  const verdict = rules.verdict(job, true);
  if (verdict.kind !== 'run' && verdict.kind !== 'end') return;
  const act = (next: State): void => {
    if (verdict.kind === 'end') {
      if (!write(making, next, verdict.event, { isFresh: true, isHolder: false }))
        accuse(next, `the sweeper’s ${verdict.event} is refused`);
    } else if (does('sweeps by giving up')) write(making, next, 'exhaust', { isFresh: true, isHolder: false });
    else next.sweeping = { isFresh: true, isOwn: true, isBet: !job.hasAttempts || does('claims a begun job without a read') };
  };
  if (messages.every((message) => message === undefined)) must('sweeper finds it', act);
  else fault('sweep', 'sweeper finds it, early', act);
}
