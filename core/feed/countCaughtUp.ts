/** Counts what a watch learned by reading a record: events that the feed should have brought, and each transition once. */
import type { JobEvent } from './event.ts';
import type { WatchedEvent } from './watch.ts';

export interface CaughtUpCounters {
  /** Called for each event that the feed failed to bring. */
  readonly onRepair: (event: JobEvent) => void;
  /** Called for each transition that is sent to watchers, once however many there are. */
  readonly onTransition: (event: JobEvent) => void;
}

/** @param after the version that watchers had before these events. One version may be sent again, with another progress. */
export function countCaughtUp(events: readonly WatchedEvent[], after: number, { onRepair, onTransition }: CaughtUpCounters): void {
  let version = after;
  for (const event of events) {
    if (event.recovered !== undefined) onRepair(event);
    if (event.version > version) onTransition(event);
    version = event.version;
  }
}
