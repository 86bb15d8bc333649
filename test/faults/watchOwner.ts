/** Watches all of an owner's jobs, as a client does that starts again whenever it was interrupted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { JobError } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import type { Core } from '../../core/usecases/core.ts';
import type { Watches } from '../../core/usecases/watchJob.ts';
import type { OwnerWatcher, SeenEvent } from './history.ts';
import { missedByOwner } from './historyChecker.ts';

export interface OwnerWatching {
  /** Their progress, one entry for each start. */
  watchers(): readonly OwnerWatcher[];
  /** Resolves when the last of them has seen all that was written since it began. */
  caughtUp(): Promise<void>;
}

export interface OwnerWatchingDeps {
  readonly watches: Watches;
  readonly feed: Core['feed'];
  readonly owner: string;
  readonly readTable: () => Promise<readonly Job[]>;
}

/** Resolves when it has begun; ends with the watches. */
export async function watchOwner({ watches, feed, owner, readTable }: OwnerWatchingDeps): Promise<OwnerWatching> {
  const begun = Promise.withResolvers<void>();
  const watchers: { owner: string; since: number; events: SeenEvent[]; end: OwnerWatcher['end'] }[] = [];

  /** Returns how it ended; `left` until then. */
  async function watchOnce(): Promise<OwnerWatcher['end']> {
    let events: SeenEvent[] | undefined;
    try {
      const watch = await watches.owner({ owner });
      events = [];
      watchers.push({ owner, since: Date.now(), events, end: 'left' });
      begun.resolve();
      for await (const event of watch) events.push(event);
      return { error: 'it completed' };
    } catch (error) {
      return error instanceof JobError && error.code === 'FEED_INTERRUPTED' ? 'interrupted' : { error: String(error) };
    }
  }

  async function run(): Promise<void> {
    for (;;) {
      const known = watchers.length;
      const end = await watchOnce();
      const last = watchers.at(-1);
      if (last !== undefined && watchers.length > known) last.end = end;
      if (end !== 'interrupted') return begun.reject(new Error(JSON.stringify(end)));
      while (!feed.isConnected()) await sleep(10);
    }
  }

  void run();
  await begun.promise;
  return {
    watchers: () => watchers.map((watcher) => ({ ...watcher, events: [...watcher.events] })),
    async caughtUp() {
      for (;;) {
        const last = watchers.at(-1);
        if (last?.end === 'left' && missedByOwner(last, await readTable()).length === 0) return;
        await sleep(250);
      }
    },
  };
}
