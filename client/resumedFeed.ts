/**
 * An owner's feed, across lost connections and restarts of the server. The server sends what happens from its subscription on; what
 * happened while there was no connection is read from the lists.
 */
import type { Connection } from './connection.ts';
import { JobTicketsError } from './errors.ts';

export interface ResumedFeed<Event> {
  /** The operation names its field `event`. */
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Reads the present state, before which nothing is delivered. */
  begin(): Promise<void>;
  /** What happened since the last event, by the lists. */
  missed(): AsyncGenerator<Event, void, void>;
  told(event: Event): AsyncGenerator<Event, void, void>;
}

/** A second read, for changes before the feed began that the first read did not show. */
const settledAfterMs = 2000;

/** @throws {JobTicketsError} an error that is not temporary; the signal's reason. */
export async function* resumedFeed<Event>(
  connection: Connection,
  { query, variables, begin, missed, told }: ResumedFeed<Event>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Event, void, void> {
  let isBegun = false;
  for (let tries = 1; ; tries += 1) {
    const ending = new AbortController();
    try {
      const events = connection.subscribe<{ event: Event }>({ query, variables }, signal);
      // The first call subscribes; what is read after it is about as recent.
      let next = events.next();
      next.catch(() => undefined);
      if (isBegun) yield* missed();
      else await begin();
      isBegun = true;
      let settled: Promise<'settled'> | undefined = after(settledAfterMs, ending.signal);
      for (;;) {
        const turn = await (settled === undefined ? next : Promise.race([next, settled]));
        if (turn === 'settled') {
          settled = undefined;
          yield* missed();
          continue;
        }
        if (turn.done === true) throw new JobTicketsError('FEED_INTERRUPTED', 'The feed ended.');
        tries = 0;
        yield* told(turn.value.event);
        next = events.next();
      }
    } catch (error) {
      await connection.pause(error, Math.max(1, tries), signal);
    } finally {
      ending.abort();
    }
  }
}

function after(ms: number, signal: AbortSignal): Promise<'settled'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('settled'), ms);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}

/** Servers’ clocks may differ by so much, and a list may be late by as much. */
const marginMs = 10_000;

export function later(one: string, other: string): string {
  return one > other ? one : other;
}

export function earlier(time: string): string {
  return time === '' ? '' : new Date(Date.parse(time) - marginMs).toISOString();
}
