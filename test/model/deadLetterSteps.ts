/** The steps of the dead-letter handler: it looks, then sends again, then deletes; it may die in between. */
import type { Making } from './making.ts';
import { send } from './environmentSteps.ts';
import type { State } from './state.ts';
import { accuse, write } from './writes.ts';

export function deadLetterSteps({ messages }: State, making: Making): void {
  const { must, fault, does } = making;
  // One letter at a time, as the queue's mapping gives them.
  const isBusy = messages.some((message) => message?.dead === 'send' || message?.dead === 'drop');
  for (const [number, message] of messages.entries()) {
    if (message === undefined || message.dead === '') continue;
    const drop = (next: State): void => void (next.messages[number] = undefined);
    if (message.dead === 'look') {
      if (!isBusy) must('a dead letter is looked at', (next) => look(next, number, making));
      continue;
    }
    fault('crash', 'the dead-letter handler dies', (next) => {
      if (does('drops a dead letter before it is sent again')) return drop(next);
      const own = next.messages[number];
      if (own !== undefined) own.dead = 'look';
      return undefined;
    });
    if (message.dead === 'drop') must('the dead letter is dropped', drop);
    else {
      must('the dead letter is sent again', (next) => {
        const own = next.messages[number];
        send(next, message, making, message.isBet);
        if (own !== undefined) own.dead = 'drop';
      });
    }
  }
}

function look(next: State, number: number, making: Making): void {
  const { rules, does } = making;
  const message = next.messages[number];
  if (message === undefined) return;
  const verdict = rules.verdict(next.job, message.isOwn);
  if (verdict.kind === 'over' || verdict.kind === 'parked') {
    next.messages[number] = undefined;
    return;
  }
  const knows = { isFresh: true, isHolder: false };
  if (verdict.kind === 'end') {
    if (!write(making, next, verdict.event, knows)) accuse(next, `the dead-letter handler’s ${verdict.event} is refused`);
    return;
  }
  if (does('ends the job of every dead letter') && write(making, next, 'exhaust', knows)) return;
  if (does('drops every dead letter')) {
    next.messages[number] = undefined;
    return;
  }
  // The job is sent again as it now is.
  Object.assign(message, {
    isOwn: true,
    isFresh: true,
    isBet: !next.job.hasAttempts || does('claims a begun job without a read'),
    dead: 'send',
  });
}
