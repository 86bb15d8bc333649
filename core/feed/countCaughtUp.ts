/** Counts what a watch learned from a record: what the feed should have brought, and each transition, once. */
import type { JobEvent } from './event.ts';
import type { WatchedEvent } from './watch.ts';

export interface CaughtUpCounters {
  /** Called for each event that the feed failed to bring. */
  readonly onRepair: (event: JobEvent) => void;
  /** Called for each transition that is told while it is watched, once however many watch. */
  readonly onTransition: (event: JobEvent) => void;
}

/** @param after the version that was told before them; one version may be told again, with another progress. */
export function countCaughtUp(events: readonly WatchedEvent[], after: number, { onRepair, onTransition }: CaughtUpCounters): void {
  let version = after;
  for (const event of events) {
    if (event.recovered !== undefined) onRepair(event);
    if (event.version > version) onTransition(event);
    version = event.version;
  }
}
