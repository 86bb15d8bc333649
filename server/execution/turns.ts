/** Dear work, one piece a turn of the event loop: whatever else there is to do comes between. */

/** Resolves when it is the caller's turn. */
export type TakeTurn = () => Promise<void>;

export function createTurns(): TakeTurn {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last;
  };
}
