/**
 * The feed over Redis sharded pub/sub (SSUBSCRIBE, SPUBLISH: Redis 7 or Valkey). One Redis subscription a channel and
 * process, however many listeners it has here.
 *
 * Pub/sub forgets what it sent while a connection was down, so after each reconnect the channels are subscribed anew
 * and then every listener is told that it was interrupted.
 */
import { Redis } from 'ioredis';
import type { Log } from '../log.ts';
import { decodeEvent, type JobEvent } from './event.ts';
import { channelName, channelsOf, type Feed, type FeedListener } from './feed.ts';

export interface RedisFeedDeps {
  readonly redisUrl: string;
  readonly log: Log;
  /** A connection that answers no ping for so long is half-open and is closed. Default 2,000. */
  readonly pingTimeoutMs?: number;
}

/** Commands fail while Redis is away instead of queueing up: what they would tell is out of date by then. */
const connection = {
  enableOfflineQueue: false,
  commandTimeout: 2000,
  maxRetriesPerRequest: 1,
  retryStrategy: (times: number) => Math.min(50 * times, 1000),
};

interface Subscription {
  readonly listeners: Set<FeedListener>;
  /** Settles when Redis confirmed the channel, or when the connection went away meanwhile. */
  confirmed: Promise<unknown>;
}

export function openRedisFeed({ redisUrl, log, pingTimeoutMs = 2000 }: RedisFeedDeps): Feed {
  const publisher = new Redis(redisUrl, connection);
  const subscriber = new Redis(redisUrl, { ...connection, autoResubscribe: false });
  const subscriptions = new Map<string, Subscription>();
  let connected = false;
  let closed = false;
  let publishing = true;

  /** Never rejects: a connection that breaks here is followed by `onReady`, which subscribes again. */
  async function ssubscribe(channel: string): Promise<void> {
    try {
      await subscriber.ssubscribe(channel);
    } catch (error) {
      log.debug({ error, channel }, 'subscribing waits for Redis to return');
      // A connection that looks well but does not subscribe would stay deaf on this channel.
      if (subscriber.status === 'ready') subscriber.disconnect(true);
    }
  }

  function interruptAll(): void {
    for (const { listeners } of subscriptions.values()) {
      for (const listener of listeners) listener.onInterrupted();
    }
  }

  async function onReady(): Promise<void> {
    for (const [channel, subscription] of subscriptions) subscription.confirmed = ssubscribe(channel);
    await Promise.all(Array.from(subscriptions.values(), ({ confirmed }) => confirmed));
    if (subscriber.status !== 'ready') return;
    connected = true;
    log.info('the feed is connected to Redis');
    interruptAll();
  }

  function onClose(): void {
    if (!connected) return;
    connected = false;
    if (closed) return;
    log.warn('the feed lost Redis; watchers read the table until it returns');
    interruptAll();
  }

  function onMessage(channel: string, text: string): void {
    const event = decodeEvent(text);
    if (event === undefined) {
      log.warn({ channel }, 'dropped a message on the feed that is not an event');
      return;
    }
    for (const listener of subscriptions.get(channel)?.listeners ?? []) listener.onEvent(event);
  }

  subscriber.on('ready', () => void onReady());
  subscriber.on('close', onClose);
  subscriber.on('smessage', onMessage);
  // ioredis reports every failed attempt to connect here; `onClose` and `publish` tell what it means, once.
  subscriber.on('error', (error) => log.debug({ error }, 'the feed’s subscriber connection failed'));
  publisher.on('error', (error) => log.debug({ error }, 'the feed’s publisher connection failed'));

  const ping = setInterval(() => {
    if (subscriber.status !== 'ready') return;
    const halfOpen = setTimeout(() => subscriber.disconnect(true), pingTimeoutMs);
    subscriber.ping().then(
      () => clearTimeout(halfOpen),
      () => clearTimeout(halfOpen),
    );
  }, pingTimeoutMs);
  ping.unref();

  return {
    async publish(event: JobEvent) {
      const text = JSON.stringify(event);
      try {
        await Promise.all(channelsOf(event).map((channel) => publisher.spublish(channel, text)));
        publishing = true;
        return true;
      } catch (error) {
        if (publishing) log.warn({ error, jobId: event.jobId }, 'a publish was lost; the relay and the table repair it');
        publishing = false;
        return false;
      }
    },

    async subscribe(channel, listener) {
      const name = channelName(channel);
      let subscription = subscriptions.get(name);
      if (subscription === undefined) {
        subscription = { listeners: new Set(), confirmed: ssubscribe(name) };
        subscriptions.set(name, subscription);
      }
      const { listeners } = subscription;
      listeners.add(listener);
      await subscription.confirmed;
      return async () => {
        if (!listeners.delete(listener) || listeners.size > 0 || subscriptions.get(name)?.listeners !== listeners) return;
        subscriptions.delete(name);
        if (subscriber.status === 'ready') await subscriber.sunsubscribe(name).catch(() => undefined);
      };
    },

    isConnected: () => connected,

    close() {
      closed = true;
      clearInterval(ping);
      subscriptions.clear();
      subscriber.disconnect();
      publisher.disconnect();
      return Promise.resolve();
    },
  };
}
