/** A subscription that continues where it broke off, across lost connections and restarts of the server. */
import type { Connection } from './connection.ts';

export interface Resumable<Item> {
  readonly query: string;
  /** Subscribes after the last position that was seen. */
  variables(seen: number | undefined): Record<string, unknown>;
  positionOf(item: Item): number;
  /** Whether nothing can come after it, so that a loss then does not matter. Default: the server says so. */
  isLast?(item: Item): boolean;
}

/** The operation names its field `item`. @throws {JobTicketsError} an error that is not temporary; the signal's reason. */
export async function* resumed<Item>(
  connection: Connection,
  { query, variables, positionOf, isLast }: Resumable<Item>,
  after: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item, void, void> {
  let seen = after;
  let hasEnded = false;
  for (let tries = 1; ; tries += 1) {
    try {
      for await (const { item } of connection.subscribe<{ item: Item }>({ query, variables: variables(seen) }, signal)) {
        tries = 0;
        seen = positionOf(item);
        hasEnded = isLast?.(item) === true;
        yield item;
      }
      return;
    } catch (error) {
      if (hasEnded) return;
      await connection.pause(error, Math.max(1, tries), signal);
    }
  }
}
