/**
 * The feed over Redis sharded pub/sub (SSUBSCRIBE, SPUBLISH: Redis 7 or Valkey), on one Redis or on a cluster. One
 * Redis subscription a channel and process, however many listeners it has here.
 *
 * Pub/sub forgets what it sent while a connection was down, so after each reconnect the channels are subscribed anew
 * and then every listener is told that it was interrupted.
 */
import type { Log } from '../../../telemetry/log.ts';
import { decodeEvent, type JobEvent } from '../event.ts';
import { channelName, channelsOf, type Feed, type FeedListener } from '../feed.ts';
import { connectToCluster, connectToRedis } from './redisConnection.ts';

export interface RedisFeedDeps {
  readonly redisUrl: string;
  /** The URL is that of one node of a cluster. */
  readonly isCluster?: boolean;
  readonly log: Log;
  /** A connection that answers no ping for so long is half-open and is closed. Default 2,000. */
  readonly pingTimeoutMs?: number;
}

interface Subscription {
  readonly listeners: Set<FeedListener>;
  /** Settles when Redis confirmed the channel, or when the connection went away meanwhile. */
  confirmed: Promise<unknown>;
}

export function openRedisFeed({ redisUrl, isCluster = false, log, pingTimeoutMs = 2000 }: RedisFeedDeps): Feed {
  const subscriptions = new Map<string, Subscription>();
  let connected = false;
  let closed = false;
  let publishing = true;

  const connection = (isCluster ? connectToCluster : connectToRedis)(redisUrl, {
    up: () => void onUp(),
    down: onDown,
    message: onMessage,
    // ioredis reports every failed attempt to connect here; `onDown` and `publish` tell what it means, once.
    error: (error) => log.debug({ error }, 'a connection of the feed failed'),
  });

  /** False where the connection broke: `onUp` then subscribes again. */
  async function ssubscribe(channel: string): Promise<boolean> {
    try {
      await connection.ssubscribe(channel);
      return true;
    } catch (error) {
      log.debug({ error, channel }, 'subscribing waits for Redis to return');
      // A connection that looks well but does not subscribe would stay deaf on this channel.
      if (connected) connection.reset();
      return false;
    }
  }

  function interruptAll(): void {
    for (const { listeners } of subscriptions.values()) {
      for (const listener of listeners) listener.onInterrupted();
    }
  }

  async function onUp(): Promise<void> {
    const confirmed = Array.from(subscriptions, ([channel, subscription]) => {
      const confirming = ssubscribe(channel);
      subscription.confirmed = confirming;
      return confirming;
    });
    const all = await Promise.all(confirmed);
    if (closed || !connection.isReady() || all.includes(false)) return;
    if (!connected) log.info('the feed is connected to Redis');
    connected = true;
    interruptAll();
  }

  function onDown(): void {
    if (!connected || closed) return;
    connected = false;
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

  async function beat(): Promise<void> {
    if (!connection.isReady()) return;
    // A shard that came back, or a subscription that was refused, may give no event of its own.
    if (!connected) void onUp();
    const halfOpen = setTimeout(() => connection.reset(), pingTimeoutMs);
    await connection.probe().catch(() => undefined);
    clearTimeout(halfOpen);
  }
  const heartbeat = setInterval(() => void beat(), pingTimeoutMs);
  heartbeat.unref();

  return {
    async publish(event: JobEvent) {
      const text = JSON.stringify(event);
      try {
        await Promise.all(channelsOf(event).map((channel) => connection.spublish(channel, text)));
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
        if (connection.isReady()) await connection.sunsubscribe(name).catch(() => undefined);
      };
    },

    isConnected: () => connected,

    close() {
      closed = true;
      connected = false;
      clearInterval(heartbeat);
      subscriptions.clear();
      connection.close();
      return Promise.resolve();
    },
  };
}
