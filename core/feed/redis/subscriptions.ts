/**
 * The channels that one process listens to. When Redis is back they are subscribed to anew in paced batches, one batch at
 * a time until all are whole, and whoever listens to a channel is told as soon as that channel is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../telemetry/log.ts';
import { tellEach, type FeedListener } from '../feed.ts';
import { withItem, withoutItem, type Few } from '../few.ts';
import type { RedisConnection } from './redisConnection.ts';

export interface SubscriptionsDeps {
  readonly connection: Pick<RedisConnection, 'ssubscribe' | 'sunsubscribe' | 'isReady'>;
  readonly log: Log;
  /** Called when a channel could not be subscribed to, though the connection looks well. */
  readonly onRefused: () => void;
  /** Called when all channels are whole again, before the last of their listeners are told. */
  readonly onWhole: () => void;
}

export interface Subscriptions {
  add(channel: string, listener: FeedListener): Promise<void>;
  remove(channel: string, listener: FeedListener): Promise<void>;
  listeners(channel: string): Few<FeedListener>;
  isWhole(channel: string): boolean | undefined;
  /** No channel brings events any more. */
  lose(): void;
  /** Tells every listener that it was interrupted. */
  interruptAll(): void;
  /** Resolves when each channel that is not whole was asked for once, or the connection went meanwhile. */
  restore(): Promise<void>;
  clear(): void;
}

interface Subscription {
  listeners: Few<FeedListener>;
  /** Redis has confirmed the channel, on the connection that is. */
  isWhole: boolean;
  confirming: Promise<void> | undefined;
}

/** Small enough that a reply, or a ping, is never behind much work; at most 20,000 channels a second, each then read. */
const batchSize = 500;
const batchEveryMs = 25;

export function createSubscriptions({ connection, log, onRefused, onWhole }: SubscriptionsDeps): Subscriptions {
  const subscriptions = new Map<string, Subscription>();
  /** Of the connection: what was confirmed on an older one counts for nothing. */
  let epoch = 0;

  async function confirm(channel: string, subscription: Subscription): Promise<void> {
    const began = epoch;
    try {
      await connection.ssubscribe([channel]);
      if (began === epoch) subscription.isWhole = true;
    } catch (error) {
      log.debug({ error, channel }, 'subscribing waits for Redis to return');
      if (began === epoch && connection.isReady()) onRefused();
    } finally {
      subscription.confirming = undefined;
    }
  }

  function onThrow(error: unknown): void {
    log.error({ error }, 'a listener of the feed threw');
  }

  function interrupt({ listeners }: Subscription): void {
    tellEach(listeners, (listener) => listener.onInterrupted(), onThrow);
  }

  /** False where the batch, or a part of it, was not confirmed. */
  async function restoreBatch(batch: ReadonlyMap<string, Subscription>): Promise<boolean> {
    const began = epoch;
    let confirmed: ReadonlySet<string>;
    try {
      confirmed = await connection.ssubscribe([...batch.keys()]);
    } catch (error) {
      log.debug({ error, channels: batch.size }, 'a batch of channels was not renewed');
      return false;
    }
    if (began !== epoch) return false;
    for (const [channel, subscription] of batch) if (confirmed.has(channel)) subscription.isWhole = true;
    return confirmed.size === batch.size;
  }

  function tell(batch: ReadonlyMap<string, Subscription>): void {
    for (const subscription of batch.values()) if (subscription.isWhole) interrupt(subscription);
  }

  /** In the order in which they were added. Those added meanwhile come to the end. */
  function* broken(): Generator<Map<string, Subscription>> {
    let batch = new Map<string, Subscription>();
    for (const [channel, subscription] of subscriptions) {
      if (subscription.isWhole || subscription.confirming !== undefined) continue;
      batch.set(channel, subscription);
      if (batch.size < batchSize) continue;
      yield batch;
      batch = new Map();
    }
    if (batch.size > 0) yield batch;
  }

  return {
    async add(channel, listener) {
      let subscription = subscriptions.get(channel);
      if (subscription === undefined) {
        subscription = { listeners: undefined, isWhole: false, confirming: undefined };
        subscriptions.set(channel, subscription);
        subscription.confirming = confirm(channel, subscription);
      }
      subscription.listeners = withItem(subscription.listeners, listener);
      await subscription.confirming;
    },

    async remove(channel, listener) {
      const subscription = subscriptions.get(channel);
      if (subscription === undefined) return;
      subscription.listeners = withoutItem(subscription.listeners, listener);
      if (subscription.listeners !== undefined) return;
      subscriptions.delete(channel);
      if (connection.isReady()) await connection.sunsubscribe(channel).catch(() => undefined);
    },

    listeners: (channel) => subscriptions.get(channel)?.listeners,
    isWhole: (channel) => subscriptions.get(channel)?.isWhole,

    lose() {
      epoch += 1;
      for (const subscription of subscriptions.values()) subscription.isWhole = false;
    },

    interruptAll() {
      for (const subscription of subscriptions.values()) interrupt(subscription);
    },

    async restore() {
      const began = epoch;
      let areAllWhole = true;
      let last: ReadonlyMap<string, Subscription> = new Map();
      for (const batch of broken()) {
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

    clear: () => subscriptions.clear(),
  };
}
