/** What a handler may wait for, and what it keeps beside its job: the functions of its context, for one run. */
import { PermanentError } from '../core/errors.ts';
import type { HandlerContext } from '../core/handler.ts';
import { beginSleep, maxSleepSeconds } from '../core/usecases/sleeps.ts';
import { requireStepName } from '../core/usecases/steps.ts';
import type { Claimed } from './claim.ts';
import type { WorkerParts } from './parts.ts';
import type { Suspension } from './suspension.ts';

export type Waits = Pick<HandlerContext, 'sleep'>;

export function createWaits({ core }: WorkerParts, { job }: Claimed, suspension: Suspension): Waits {
  const used = new Set<string>();

  /** Twice the same name would give the first one's result to the second. */
  function take(kind: string, name: string): void {
    requireStepName(name);
    const key = `${kind} ${name}`;
    if (used.has(key))
      throw new PermanentError(`The ${kind} "${name}" is in this run already: give each ${kind} a name of its own, such as "${name} 2".`);
    used.add(key);
  }

  return {
    sleep: (name, seconds) =>
      suspension.during(async () => {
        take('sleep', name);
        if (!(seconds >= 0 && seconds <= maxSleepSeconds))
          throw new PermanentError(`A sleep takes 0 to ${maxSleepSeconds} seconds, not ${seconds}.`);
        const until = await beginSleep(core, job, name, seconds);
        if (until > (await core.table.time()).low)
          suspension.wait({ waiting: { reason: 'SLEEP', until }, isOver: () => Promise.resolve(false) });
      }),
  };
}
