/** A waiting line that is fair between owners: owners are served in turn, and each owner's items in the order in which they came. */

export interface FairLine<Item> {
  push(owner: string, item: Item): void;
  shift(): Item | undefined;
  /** Removes the last item of the longest line, where that is longer than this owner's. */
  popLongest(owner: string): Item | undefined;
  values(): Iterable<Item>;
  readonly size: number;
}

/** Items already served are cut off at this many, so that taking one is cheap however long the line is. */
const maxTaken = 1000;

interface Line<Item> {
  items: Item[];
  taken: number;
}

export function createFairLine<Item>(): FairLine<Item> {
  /** In the order in which the owners are served next. */
  const lines = new Map<string, Line<Item>>();
  let size = 0;
  return {
    push(owner, item) {
      const line = lines.get(owner);
      if (line === undefined) lines.set(owner, { items: [item], taken: 0 });
      else line.items.push(item);
      size += 1;
    },
    shift() {
      const [next] = lines;
      if (next === undefined) return undefined;
      const [owner, line] = next;
      const item = line.items[line.taken];
      line.taken += 1;
      size -= 1;
      // Moves the owner behind all others, or removes it.
      if (lines.size > 1 || line.taken === line.items.length) lines.delete(owner);
      if (line.taken < line.items.length) {
        if (line.taken > maxTaken) {
          line.items = line.items.slice(line.taken);
          line.taken = 0;
        }
        lines.set(owner, line);
      }
      return item;
    },
    popLongest(owner) {
      let longest: [string, Line<Item>] | undefined;
      for (const entry of lines) if (longest === undefined || lengthOf(entry[1]) > lengthOf(longest[1])) longest = entry;
      if (longest === undefined || lengthOf(longest[1]) <= lengthOf(lines.get(owner))) return undefined;
      const item = longest[1].items.pop();
      size -= 1;
      if (lengthOf(longest[1]) === 0) lines.delete(longest[0]);
      return item;
    },
    *values() {
      for (const { items, taken } of lines.values()) yield* items.slice(taken);
    },
    get size() {
      return size;
    },
  };
}

function lengthOf<Item>(line: Line<Item> | undefined): number {
  return line === undefined ? 0 : line.items.length - line.taken;
}
