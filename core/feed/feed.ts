/** Carries events from writers to watchers: over Redis in production, within the process in the embedded mode. */
import type { Job } from '../job.ts';
import { latestEventOf, type JobEvent } from './event.ts';
import { forEachOf, type Few } from './few.ts';

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
   * `isConnected()` is false, and `onInterrupted` is called when the feed is back.
   */
  subscribe(channel: Channel, listener: FeedListener): Promise<void>;
  /** The listener is not called any more. Never rejects; may be called twice. */
  unsubscribe(channel: Channel, listener: FeedListener): Promise<void>;
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

/** The event's channel with this name. `undefined` where the name is that of another job or owner: it would reach the wrong watchers. */
export function channelOf(event: JobEvent, name: string): Channel | undefined {
  if (isNamed(name, 'job:{', event.jobId)) return event;
  return isNamed(name, 'owner:{', event.owner) ? { owner: event.owner } : undefined;
}

/** Compares without building the name, since this runs for every event. */
function isNamed(channel: string, kind: string, id: string): boolean {
  return (
    channel.length === kind.length + id.length + 1 &&
    channel.startsWith(kind) &&
    channel.startsWith(id, kind.length) &&
    channel.endsWith('}')
  );
}

/** Each listener is called on its own: one that throws does not keep the others from being called. */
export function tellEach(listeners: Few<FeedListener>, tell: (listener: FeedListener) => void, onThrow: (error: unknown) => void): void {
  forEachOf(listeners, (listener) => {
    try {
      tell(listener);
    } catch (error) {
      onThrow(error);
    }
  });
}
