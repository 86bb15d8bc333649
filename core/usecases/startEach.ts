/**
 * Starts the creation of several jobs: a few in each turn of the event loop, of all requests of this process. So a thousand jobs of
 * one request hold nobody up, and the table works on the first of them while the next are prepared.
 */
import { createFewATurn } from '../fewATurn.ts';

/** One takes about 20 µs. */
const perTurn = 24;
const turns = createFewATurn(perTurn);

/** In their order. */
export function startEach<Item, Created>(items: readonly Item[], create: (item: Item) => Promise<Created>): readonly Promise<Created>[] {
  return items.map((item) => new Promise((resolve) => turns.add(() => resolve(create(item)))));
}
