/** Expensive work, one piece per turn of the event loop: other work runs in between. */

/** Resolves when it is the caller's turn. */
export type TakeTurn = () => Promise<void>;

export function createTurns(): TakeTurn {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last;
  };
}
