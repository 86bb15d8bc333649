/** Fills the queues in memory from the table: at the start, and whenever there is room for jobs that were left out. */
import type { MemoryQueues } from '../core/queue/memory/queues.ts';
import type { SqliteTable } from '../core/table/sqlite/table.ts';
import type { Core } from '../core/usecases/core.ts';
import { refillQueues } from '../core/usecases/refillQueues.ts';

export interface FilledQueues {
  /** Call this when there may be room. During a fill it does nothing: jobs that are left out then cause another call. */
  fill(): void;
  /** Ends a fill in progress. */
  close(): Promise<void>;
}

/** By then the table may answer again. */
const retryMs = 1000;

export function keepQueuesFilled(
  core: Core,
  { listQueued }: Pick<SqliteTable, 'listQueued'>,
  { beginFill }: Pick<MemoryQueues, 'beginFill'>,
): FilledQueues {
  const closing = new AbortController();
  let running: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;

  async function run(): Promise<void> {
    try {
      const jobs = await refillQueues(core, listQueued, beginFill(), closing.signal);
      if (jobs > 0) core.log.info({ jobs }, 'jobs in the table were queued');
    } catch (error) {
      if (closing.signal.aborted) return;
      core.log.warn({ error }, 'the queues could not be filled from the table; trying again');
      retry = setTimeout(fill, retryMs).unref();
    } finally {
      running = undefined;
    }
  }

  function fill(): void {
    if (!closing.signal.aborted) running ??= run();
  }

  return {
    fill,
    async close() {
      closing.abort();
      clearTimeout(retry);
      await running;
    },
  };
}
