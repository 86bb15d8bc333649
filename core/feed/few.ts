/** None, one or several items. Usually there is one, and no set is created for it. */
export type Few<Item extends object> = Item | Set<Item> | undefined;

export function withItem<Item extends object>(few: Few<Item>, item: Item): Item | Set<Item> {
  if (few instanceof Set) return few.add(item);
  return few === undefined || few === item ? item : new Set([few, item]);
}

export function withoutItem<Item extends object>(few: Few<Item>, item: Item): Few<Item> {
  if (!(few instanceof Set)) return few === item ? undefined : few;
  few.delete(item);
  return few.size === 0 ? undefined : few;
}

/** Items that are added meanwhile are visited too, items that are removed are not. */
export function forEachOf<Item extends object>(few: Few<Item>, tell: (item: Item) => void): void {
  if (few instanceof Set) few.forEach(tell);
  else if (few !== undefined) tell(few);
}
