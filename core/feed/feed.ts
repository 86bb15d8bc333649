/** What carries events from writers to watchers: Redis in production, this process in the all-in-one. */
import type { Job } from '../job.ts';
import { latestEventOf, type JobEvent } from './event.ts';
import { forEachOf, type Few } from './few.ts';

export type Channel = { readonly jobId: string } | { readonly owner: string };

export interface FeedListener {
  /** `record`: as its writer has it, from a feed on which nobody but this process can publish: it need not be read. */
  onEvent(event: JobEvent, record?: Job): void;
  /** Events may have been lost: the channel went away, or is back (`isConnected` says which) and the table can tell what was missed. */
  onInterrupted(): void;
}

export interface Feed {
  /** On the channels of `channelsOf`. Never rejects: false is a hint that was lost, and is repaired from the table. */
  publish(event: JobEvent, record?: Job): Promise<boolean>;
  /**
   * Resolves once events published from now on arrive, or at once while the feed is away: then `isConnected()` is
   * false, and `onInterrupted` is called when it is back.
   */
  subscribe(channel: Channel, listener: FeedListener): Promise<void>;
  /** It is told nothing more. Never rejects; twice is fine. */
  unsubscribe(channel: Channel, listener: FeedListener): Promise<void>;
  /** Whether events arrive at present, on this channel or on all; watchers read the table at an interval while they do not. */
  isConnected(channel?: Channel): boolean;
  close(): Promise<void>;
}

/** Tells of the last transition of a record that is on the disk. */
export function publishLatest(feed: Pick<Feed, 'publish'>, job: Job): Promise<boolean> {
  return feed.publish(latestEventOf(job), job);
}

/** Braces mark Redis Cluster's hash tag: a channel's slot depends on the id alone. */
export function channelName(channel: Channel): string {
  return 'jobId' in channel ? `job:{${channel.jobId}}` : `owner:{${channel.owner}}`;
}

/** On its own channel a job's first event reaches nobody: whoever watches the job knows its id, and reads it to begin with. Of its log, nobody but those hears. */
export function channelsOf({ jobId, owner, version, logged }: JobEvent): readonly string[] {
  if (logged !== undefined) return [channelName({ jobId })];
  const ofOwner = channelName({ owner });
  return version === 1 ? [ofOwner] : [channelName({ jobId }), ofOwner];
}

/** Whose channel of this name it is; of another job's or owner's it is told to the wrong ones: `undefined`. */
export function channelOf(event: JobEvent, name: string): Channel | undefined {
  if (isNamed(name, 'job:{', event.jobId)) return event;
  return isNamed(name, 'owner:{', event.owner) ? { owner: event.owner } : undefined;
}

/** Without making the name: asked at every event. */
function isNamed(channel: string, kind: string, id: string): boolean {
  return (
    channel.length === kind.length + id.length + 1 &&
    channel.startsWith(kind) &&
    channel.startsWith(id, kind.length) &&
    channel.endsWith('}')
  );
}

/** Each listener stands for itself. */
export function tellEach(listeners: Few<FeedListener>, tell: (listener: FeedListener) => void, onThrow: (error: unknown) => void): void {
  forEachOf(listeners, (listener) => {
    try {
      tell(listener);
    } catch (error) {
      onThrow(error);
    }
  });
}
