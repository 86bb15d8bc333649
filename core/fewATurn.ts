/**
 * Calls that each set off work, such as requests and answers: a few a turn of the event loop, in their order, so that
 * whatever else there is to do comes between, and nobody who asks for little waits until all of them are done.
 */

export interface FewATurn {
  /** At once, or when it is their turn. */
  add(...calls: readonly (() => void)[]): void;
}

export function createFewATurn(perTurn: number): FewATurn {
  const waiting: (() => void)[] = [];
  let begun = 0;

  function some(): void {
    while (begun < perTurn) {
      const call = waiting.shift();
      if (call === undefined) return;
      begun += 1;
      // Only now, so that where few come, one after the other, there are no turns more than without this.
      if (begun === perTurn) setImmediate(nextTurn);
      call();
    }
  }

  function nextTurn(): void {
    begun = 0;
    some();
  }

  return {
    add(...calls) {
      waiting.push(...calls);
      some();
    },
  };
}
