/** The items in their order, so many at a time: for requests that take only so many, and for work of which only so much runs at once. */
export function* batchesOf<Item>(items: readonly Item[], size: number): Generator<readonly Item[], void, undefined> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
