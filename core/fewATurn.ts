/**
 * Calls that each start work, such as requests and answers: a few in each turn of the event loop, in order. So other work
 * comes in between, and a client with a small request does not wait until all of them are done.
 */

export interface FewATurn {
  /** Runs it at once, or when its turn comes. */
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
      // Only now, so that few calls, one after the other, take no more turns than without this.
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
