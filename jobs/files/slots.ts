/** A number of slots that work waits for: bounds how much of something expensive goes on at a time. */

export interface Slots {
  /** Runs `work` as soon as a slot is free, first come, first served. Rejects with the signal's reason while waiting. */
  use<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting = new Set<() => void>();

  function take(signal: AbortSignal): Promise<void> | void {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      waiting.delete(enter);
      reject(signal.reason);
    };
    const enter = () => {
      waiting.delete(enter);
      signal.removeEventListener('abort', leave);
      resolve();
    };
    waiting.add(enter);
    signal.addEventListener('abort', leave, { once: true });
    return promise;
  }

  function giveBack(): void {
    const [next] = waiting;
    // Handed on, not freed and taken again: nobody who comes meanwhile can slip in.
    if (next === undefined) free += 1;
    else next();
  }

  return {
    async use(signal, work) {
      await take(signal);
      try {
        return await work();
      } finally {
        giveBack();
      }
    },
  };
}
