/** Things that happen later, in order of time, on one timer: a binary heap, since a hundred thousand jobs may be delayed. */

export interface DueList<Item> {
  /** `at` in milliseconds on the monotonic clock. */
  add(item: Item, at: number): void;
  readonly size: number;
  /** Removes the latest quarter, at least one; `from`: when the first of the removed ones is due. */
  dropLatest(): { readonly items: readonly Item[]; readonly from: number };
  values(): Iterable<Item>;
  close(): void;
}

interface Entry<Item> {
  readonly at: number;
  readonly item: Item;
}

/** Node's timers take 32 bits of milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

export function createDueList<Item>(onDue: (item: Item) => void): DueList<Item> {
  const heap: Entry<Item>[] = [];
  let timer: NodeJS.Timeout | undefined;

  function arm(): void {
    clearTimeout(timer);
    const [first] = heap;
    if (first === undefined) return;
    timer = setTimeout(ring, Math.min(maxTimerMs, Math.max(0, Math.ceil(first.at - performance.now())))).unref();
  }

  function ring(): void {
    for (let [first] = heap; first !== undefined && first.at <= performance.now(); [first] = heap) {
      removeFirst(heap);
      onDue(first.item);
    }
    arm();
  }

  return {
    add(item, at) {
      insert(heap, { at, item });
      if (heap[0]?.item === item) arm();
    },
    get size() {
      return heap.length;
    },
    dropLatest() {
      // A sorted array is a valid heap.
      heap.sort((a, b) => a.at - b.at);
      const dropped = heap.splice(Math.floor(heap.length * 0.75));
      arm();
      return { items: dropped.map(({ item }) => item), from: dropped[0]?.at ?? Infinity };
    },
    *values() {
      for (const { item } of heap) yield item;
    },
    close() {
      clearTimeout(timer);
      heap.length = 0;
    },
  };
}

function insert<Item>(heap: Entry<Item>[], entry: Entry<Item>): void {
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex];
    if (parent === undefined || parent.at <= entry.at) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = entry;
}

function removeFirst<Item>(heap: Entry<Item>[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = heap[2 * index + 1];
    const right = heap[2 * index + 2];
    const isRight = right !== undefined && left !== undefined && right.at < left.at;
    const child = isRight ? right : left;
    if (child === undefined || child.at >= last.at) break;
    heap[index] = child;
    index = 2 * index + (isRight ? 2 : 1);
  }
  heap[index] = last;
}
