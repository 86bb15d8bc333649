/** What carries events from writers to watchers: Redis in production, this process in the all-in-one. */
import type { JobEvent } from './event.ts';

export type Channel = { readonly jobId: string } | { readonly owner: string };

export interface FeedListener {
  onEvent(event: JobEvent): void;
  /** Events may have been lost (a connection broke, then came back): read the table. */
  onInterrupted(): void;
}

export interface Feed {
  /** On the job's and the owner's channel. Never throws: a lost hint is repaired from the table. */
  publish(event: JobEvent): Promise<void>;
  /** Resolves once events published from now on arrive; `undefined` when the feed is away and will tell by `onInterrupted`. */
  subscribe(channel: Channel, listener: FeedListener): Promise<() => Promise<void>>;
  /** Whether events arrive at present; watchers read the table at an interval while they do not. */
  isConnected(): boolean;
  close(): Promise<void>;
}
