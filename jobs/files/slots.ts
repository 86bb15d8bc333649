/** A number of slots for expensive work: bounds how much of it runs at once. */

export interface Slots {
  /** Runs `work` as soon as a slot is free, in the order of arrival. Rejects with the signal's reason while waiting. */
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
    // The slot is handed on, not freed and taken again: no later caller can take it in between.
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
