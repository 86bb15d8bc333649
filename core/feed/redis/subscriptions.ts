/**
 * The channels that one process listens to. When Redis is back they are subscribed to again in paced batches, one batch at a
 * time until all are confirmed. The listeners of a channel learn of the interruption as soon as their channel is confirmed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../telemetry/log.ts';
import { tellEach, type FeedListener } from '../feed.ts';
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
  add(channel: string, listener: FeedListener): Promise<() => Promise<void>>;
  listeners(channel: string): Iterable<FeedListener>;
  isWhole(channel: string): boolean | undefined;
  /** No channel brings events any more. */
  lose(): void;
  /** Tells every listener that it was interrupted. */
  interruptAll(): void;
  /** Resolves when each unconfirmed channel was asked for once, or the connection was lost meanwhile. */
  restore(): Promise<void>;
  clear(): void;
}

interface Subscription {
  readonly listeners: Set<FeedListener>;
  /** Redis has confirmed the channel on the present connection. */
  isWhole: boolean;
  confirming: Promise<void> | undefined;
}

/** Small enough that a reply, or a ping, never waits behind much work; at most 20,000 channels a second, and each is then read. */
const batchSize = 500;
const batchEveryMs = 25;

export function createSubscriptions({ connection, log, onRefused, onWhole }: SubscriptionsDeps): Subscriptions {
  const subscriptions = new Map<string, Subscription>();
  /** The number of the connection: a confirmation on an older one does not count. */
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

  /** In the order in which they were added. Channels added meanwhile are handled last. */
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
        subscription = { listeners: new Set(), isWhole: false, confirming: undefined };
        subscriptions.set(channel, subscription);
        subscription.confirming = confirm(channel, subscription);
      }
      const { listeners } = subscription;
      listeners.add(listener);
      await subscription.confirming;
      return async () => {
        if (!listeners.delete(listener) || listeners.size > 0 || subscriptions.get(channel)?.listeners !== listeners) return;
        subscriptions.delete(channel);
        if (connection.isReady()) await connection.sunsubscribe(channel).catch(() => undefined);
      };
    },

    listeners: (channel) => subscriptions.get(channel)?.listeners ?? [],
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
