/** What happens when, on a clock of its own: one thing after the other, each to its end before the next begins. */

export interface Agenda {
  /** Milliseconds since the epoch. */
  now(): number;
  at(time: number, happen: () => void | Promise<void>): void;
  in(ms: number, happen: () => void | Promise<void>): void;
  /** Until nothing is left, or `isDone`, or the clock has come to `end`. Answers how many things happened. */
  run(until: { readonly isDone: () => boolean; readonly end: number }): Promise<number>;
}

interface Entry {
  readonly time: number;
  readonly number: number;
  readonly happen: () => void | Promise<void>;
}

export function createAgenda(start: number): Agenda {
  /** A binary heap: the earliest first, and of those at one time the one that was entered first. */
  const heap: Entry[] = [];
  let now = start;
  let entered = 0;

  const isBefore = (a: Entry, b: Entry): boolean => a.time < b.time || (a.time === b.time && a.number < b.number);

  function push(entry: Entry): void {
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const up = (index - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[index] = parent;
      index = up;
    }
    heap[index] = entry;
  }

  function pop(): Entry | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
    return first;
  }

  function at(time: number, happen: () => void | Promise<void>): void {
    entered += 1;
    push({ time: Math.max(time, now), number: entered, happen });
  }

  return {
    now: () => now,
    at,
    in: (ms, happen) => at(now + ms, happen),
    async run({ isDone, end }) {
      let happened = 0;
      while (!isDone()) {
        const entry = pop();
        if (entry === undefined || entry.time > end) break;
        now = entry.time;
        happened += 1;
        await entry.happen();
      }
      return happened;
    },
  };
}
