/** Requests that go on one at a time, in an order that chance decides: so a run in which much goes on at once is had again by its seed. */
import { setImmediate as settled } from 'node:timers/promises';

export interface Turns {
  /** Waits for its turn, then does it. `settling`: what follows from it, until it waits again. Default: what needs no timer. */
  take<Answer>(effect: () => Promise<Answer>, settling?: () => Promise<unknown>): Promise<Answer>;
  /** How many wait. */
  waiting(): number;
  /** One of those that wait goes on. */
  next(): Promise<void>;
}

export function createTurns(chance: () => number): Turns {
  const queue: (() => Promise<unknown>)[] = [];
  return {
    take<Answer>(effect: () => Promise<Answer>, settling: () => Promise<unknown> = settled) {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      queue.push(async () => {
        await effect().then(resolve, reject);
        await settling();
      });
      return promise;
    },
    waiting: () => queue.length,
    async next() {
      const [run] = queue.splice(Math.floor(chance() * queue.length), 1);
      // Where none waits, all that goes on is about to.
      await (run ?? settled)();
    },
  };
}
