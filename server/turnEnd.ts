/** When answers and events are written to sockets: at the end of a turn of the event loop, which the table does not wait for. */
import type { JobTable } from '../core/table/jobTable.ts';

/** Resolves at the end of the present turn, when the table has got what it was asked in it: it works while sockets are written to. */
export type TurnEnd = () => Promise<void>;

export function createTurnEnd({ dispatch }: Pick<JobTable, 'dispatch'>): TurnEnd {
  let end: Promise<void> | undefined;

  function reach(resolve: () => void): void {
    end = undefined;
    dispatch?.();
    resolve();
  }

  return () => (end ??= new Promise((resolve) => setImmediate(reach, resolve)));
}
