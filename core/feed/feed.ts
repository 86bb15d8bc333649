/** Carries events from writers to watchers: over Redis in production, within the process in the embedded mode. */
import type { Job } from '../job.ts';
import { latestEventOf, type JobEvent } from './event.ts';

export type Channel = { readonly jobId: string } | { readonly owner: string };

export interface FeedListener {
  /** `record`: the writer's own copy. Given only by a feed that no other process can publish to, so the record need not be read. */
  onEvent(event: JobEvent, record?: Job): void;
  /** Events may have been lost: the channel went away, or is back (`isConnected` says which). The table still has what was missed. */
  onInterrupted(): void;
}

export interface Feed {
  /** Publishes on the channels of `channelsOf`. Never rejects: false means that a hint was lost, which watchers repair from the table. */
  publish(event: JobEvent, record?: Job): Promise<boolean>;
  /**
   * Resolves when events that are published from now on will arrive. While the feed is away it resolves at once: then
   * `isConnected()` is false, and `onInterrupted` is called when the feed is back. Returns the function that ends the
   * subscription.
   */
  subscribe(channel: Channel, listener: FeedListener): Promise<() => Promise<void>>;
  /** Whether events arrive at present, on this channel or on all. While they do not, watchers read the table at intervals. */
  isConnected(channel?: Channel): boolean;
  close(): Promise<void>;
}

/** Publishes the last transition of a record that is on the disk. */
export function publishLatest(feed: Pick<Feed, 'publish'>, job: Job): Promise<boolean> {
  return feed.publish(latestEventOf(job), job);
}

/** Braces mark Redis Cluster's hash tag: a channel's slot depends on the id alone. */
export function channelName(channel: Channel): string {
  return 'jobId' in channel ? `job:{${channel.jobId}}` : `owner:{${channel.owner}}`;
}

/**
 * A job's first event is not published on the job's own channel: nobody knows its id yet, and a watcher begins by reading the
 * record. A hint about its log goes to that channel only.
 */
export function channelsOf({ jobId, owner, version, logged }: JobEvent): readonly string[] {
  if (logged !== undefined) return [channelName({ jobId })];
  const ofOwner = channelName({ owner });
  return version === 1 ? [ofOwner] : [channelName({ jobId }), ofOwner];
}

/** False where a message names another job or owner than its channel's: it would reach the wrong watchers. */
export function isOf({ jobId, owner }: JobEvent, channel: string): boolean {
  return channel === channelName({ jobId }) || channel === channelName({ owner });
}

/** Each listener is called on its own: one that throws does not keep the others from being called. */
export function tellEach(
  listeners: Iterable<FeedListener>,
  tell: (listener: FeedListener) => void,
  onThrow: (error: unknown) => void,
): void {
  for (const listener of listeners) {
    try {
      tell(listener);
    } catch (error) {
      onThrow(error);
    }
  }
}
