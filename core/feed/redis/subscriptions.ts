/**
 * The channels that one process listens to. When Redis is back they are subscribed to again in paced batches, one batch at a
 * time until all are confirmed. The listeners of a channel learn of the interruption as soon as their channel is confirmed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../telemetry/log.ts';
import { ChannelMap } from '../channelMap.ts';
import { channelName, tellEach, type Channel, type FeedListener } from '../feed.ts';
import { withItem, withoutItem, type Few } from '../few.ts';
import type { RedisConnection } from './redisConnection.ts';

export interface SubscriptionsDeps {
  readonly connection: Pick<RedisConnection, 'ssubscribe' | 'sunsubscribe' | 'isReady'>;
  readonly log: Log;
  /** Called when a channel could not be subscribed to although the connection seems to work. */
  readonly onRefused: () => void;
  /** Called when all channels are confirmed again, before the last listeners learn of it. */
  readonly onWhole: () => void;
}

export interface Subscriptions {
  add(channel: Channel, listener: FeedListener): Promise<void>;
  remove(channel: Channel, listener: FeedListener): Promise<void>;
  listeners(channel: Channel): Few<FeedListener>;
  /** Whether Redis has confirmed the channel on the present connection; undefined where nobody listens to it. */
  isWhole(channel: Channel): boolean | undefined;
  /** No channel brings events any more. */
  lose(): void;
  /** Tells every listener that it was interrupted. */
  interruptAll(): void;
  /** Resolves when each unconfirmed channel was asked for once, or the connection was lost meanwhile. */
  restore(): Promise<void>;
  clear(): void;
}

/** Small enough that a reply, or a ping, never waits behind much work; at most 20,000 channels a second, and each is then read. */
const batchSize = 500;
const batchEveryMs = 25;

/** By name. Each time that listening to a channel begins, it gets a new object. */
type Batch = Map<string, Channel>;

export function createSubscriptions({ connection, log, onRefused, onWhole }: SubscriptionsDeps): Subscriptions {
  const subscriptions = new ChannelMap<FeedListener | Set<FeedListener>>();
  /** Channels that are not confirmed, by name: nothing is kept of a confirmed one. */
  let broken: Batch = new Map();
  const confirming = new Map<string, Promise<void>>();
  /** The number of the connection: a confirmation on an older one does not count. */
  let epoch = 0;

  function begin(channel: Channel): void {
    const name = channelName(channel);
    broken.set(name, channel);
    const confirmed = confirm(name, channel).finally(() => {
      if (confirming.get(name) === confirmed) confirming.delete(name);
    });
    confirming.set(name, confirmed);
  }

  async function confirm(name: string, channel: Channel): Promise<void> {
    const began = epoch;
    try {
      await connection.ssubscribe([name]);
      if (began === epoch) mend(name, channel);
    } catch (error) {
      log.debug({ error, channel: name }, 'subscribing waits for Redis to return');
      if (began === epoch && connection.isReady()) onRefused();
    }
  }

  /** Unless listening ended, and began again, since it was requested. */
  function mend(name: string, channel: Channel | undefined): void {
    if (broken.get(name) === channel) broken.delete(name);
  }

  function onThrow(error: unknown): void {
    log.error({ error }, 'a listener of the feed threw');
  }

  function interrupt(channel: Channel): void {
    tellEach(subscriptions.get(channel), (listener) => listener.onInterrupted(), onThrow);
  }

  /** False where the batch, or a part of it, was not confirmed. */
  async function restoreBatch(batch: Batch): Promise<boolean> {
    const began = epoch;
    let confirmed: ReadonlySet<string>;
    try {
      confirmed = await connection.ssubscribe([...batch.keys()]);
    } catch (error) {
      log.debug({ error, channels: batch.size }, 'a batch of channels was not renewed');
      return false;
    }
    if (began !== epoch) return false;
    for (const name of confirmed) mend(name, batch.get(name));
    return confirmed.size === batch.size;
  }

  function tell(batch: Batch): void {
    for (const [name, channel] of batch) if (!broken.has(name)) interrupt(channel);
  }

  /** In the order in which they were added. Channels added meanwhile are handled last. */
  function* batches(): Generator<Batch> {
    let batch: Batch = new Map();
    for (const [name, channel] of broken) {
      if (confirming.has(name)) continue;
      batch.set(name, channel);
      if (batch.size < batchSize) continue;
      yield batch;
      batch = new Map();
    }
    if (batch.size > 0) yield batch;
  }

  return {
    async add(channel, listener) {
      const listeners = subscriptions.get(channel);
      subscriptions.set(channel, withItem(listeners, listener));
      if (listeners === undefined) begin({ ...channel });
      await confirming.get(channelName(channel));
    },

    async remove(channel, listener) {
      const listeners = subscriptions.get(channel);
      if (listeners === undefined) return;
      const left = withoutItem(listeners, listener);
      if (left !== undefined) return subscriptions.set(channel, left);
      const name = channelName(channel);
      subscriptions.delete(channel);
      broken.delete(name);
      if (connection.isReady()) await connection.sunsubscribe(name).catch(() => undefined);
    },

    listeners: (channel) => subscriptions.get(channel),

    isWhole(channel) {
      if (subscriptions.get(channel) === undefined) return undefined;
      return broken.size === 0 || !broken.has(channelName(channel));
    },

    lose() {
      epoch += 1;
      broken = new Map(Iterator.from(subscriptions.channels()).map((channel) => [channelName(channel), channel]));
    },

    interruptAll() {
      for (const channel of subscriptions.channels()) interrupt(channel);
    },

    async restore() {
      const began = epoch;
      let areAllWhole = true;
      let last: Batch = new Map();
      for (const batch of batches()) {
        tell(last);
        last = batch;
        const paced = sleep(batchEveryMs);
        areAllWhole = (await restoreBatch(batch)) && areAllWhole;
        await paced;
        if (began !== epoch) return;
      }
      if (areAllWhole) onWhole();
      tell(last);
    },

    clear() {
      subscriptions.clear();
      broken.clear();
    },
  };
}
