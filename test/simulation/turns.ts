/** Requests that proceed one at a time, in a random order, so that the seed of a run with many concurrent requests repeats it. */
import { setImmediate as settled } from 'node:timers/promises';

export interface Turns {
  /** Waits for its turn, then runs `effect`. `settling` waits until what follows has settled. Default: everything that needs no timer. */
  take<Answer>(effect: () => Promise<Answer>, settling?: () => Promise<unknown>): Promise<Answer>;
  /** The number of waiting requests. */
  waiting(): number;
  /** Lets one of the waiting requests proceed. */
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
      // Without waiting requests, those in progress are about to wait.
      await (run ?? settled)();
    },
  };
}
