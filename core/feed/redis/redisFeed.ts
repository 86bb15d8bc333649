/**
 * The feed over Redis sharded pub/sub (SSUBSCRIBE, SPUBLISH: Redis 7 or Valkey), on one Redis or on a cluster. One Redis
 * subscription per channel and process, however many listeners it has here.
 *
 * Pub/sub drops messages while a connection is down. After each reconnect the channels are therefore subscribed to again, and
 * the listeners of each learn that they were interrupted.
 */
import type { Log } from '../../../telemetry/log.ts';
import type { RedisAddress } from '../../redis.ts';
import { decodeEvent, type JobEvent } from '../event.ts';
import { channelOf, channelsOf, tellEach, type Feed } from '../feed.ts';
import { connectToCluster, connectToRedis } from './redisConnection.ts';
import { createSubscriptions } from './subscriptions.ts';

export interface RedisFeedDeps extends RedisAddress {
  /** The URL is that of one node of a cluster. */
  readonly isCluster?: boolean;
  readonly log: Log;
  /** A connection that answers no ping for so long is half-open and is closed. Default 2,000. */
  readonly pingTimeoutMs?: number;
}

export function openRedisFeed({ redisUrl, password, isCluster = false, log, pingTimeoutMs = 2000 }: RedisFeedDeps): Feed {
  let connected = false;
  let closed = false;
  let publishing = true;
  let restoring = false;
  /** How often a connection was made. */
  let ups = 0;
  let resetting = false;
  let hasDropped = false;

  const connection = (isCluster ? connectToCluster : connectToRedis)(
    { redisUrl, password },
    {
      up: onUp,
      down: onDown,
      message: onMessage,
      // ioredis reports every failed attempt to connect here; `onDown` and `publish` report once what it means.
      error: (error) => log.debug({ error }, 'a connection of the feed failed'),
    },
  );
  const subscriptions = createSubscriptions({ connection, log, onWhole, onRefused: () => connected && reset() });

  function onUp(): void {
    ups += 1;
    resetting = false;
    // What the connection before had confirmed is not confirmed on this one.
    connected = false;
    subscriptions.lose();
    void restore();
  }

  function onDown(): void {
    resetting = false;
    subscriptions.lose();
    if (!connected || closed) return;
    connected = false;
    log.warn('the feed lost Redis; watchers read the table until Redis returns');
    subscriptions.interruptAll();
  }

  function onWhole(): void {
    if (closed || !connection.isReady()) return;
    if (!connected) log.info('the feed is connected to Redis');
    connected = true;
  }

  /** One at a time; a renewal that ended with its connection begins again with the next one. */
  async function restore(): Promise<void> {
    if (restoring) return;
    restoring = true;
    try {
      let began: number;
      do {
        began = ups;
        await subscriptions.restore();
      } while (!closed && began !== ups && connection.isReady());
    } finally {
      restoring = false;
    }
  }

  /** Logged once per connection, however many channels wait for it. */
  function reset(): void {
    if (resetting || closed) return;
    resetting = true;
    connection.reset();
  }

  function onMessage(channel: string, text: string): void {
    const event = decodeEvent(text);
    const of = event === undefined ? undefined : channelOf(event, channel);
    if (event === undefined || of === undefined) {
      // Logged once: a publisher of invalid messages may send many.
      if (!hasDropped) log.warn({ channel }, 'dropped a message on the feed that is not an event of its channel, and drops all such');
      hasDropped = true;
      return;
    }
    tellEach(
      subscriptions.listeners(of),
      (listener) => listener.onEvent(event),
      (error) => log.error({ error, jobId: event.jobId }, 'a listener of the feed threw'),
    );
  }

  async function checkConnection(): Promise<void> {
    if (!connection.isReady()) return;
    // A shard that came back, or a subscription that was refused, may cause no event.
    if (!connected) void restore();
    let isAnswered = false;
    // In a busy process the answer may be handled only after this timer.
    const halfOpen = setTimeout(() => setImmediate(() => isAnswered || reset()), pingTimeoutMs);
    await connection.probe().catch(() => undefined);
    isAnswered = true;
    clearTimeout(halfOpen);
  }
  const checking = setInterval(() => void checkConnection(), pingTimeoutMs);
  checking.unref();

  return {
    async publish(event: JobEvent) {
      const text = JSON.stringify(event);
      try {
        await Promise.all(channelsOf(event).map((channel) => connection.spublish(channel, text)));
        publishing = true;
        return true;
      } catch (error) {
        if (publishing) log.warn({ error, jobId: event.jobId }, 'a publish was lost; the relay and the table make up for it');
        publishing = false;
        return false;
      }
    },

    subscribe: (channel, listener) => subscriptions.add(channel, listener),
    unsubscribe: (channel, listener) => subscriptions.remove(channel, listener),

    isConnected: (channel) => (channel === undefined ? connected : (subscriptions.isWhole(channel) ?? connected)),

    close() {
      closed = true;
      connected = false;
      clearInterval(checking);
      subscriptions.clear();
      connection.close();
      return Promise.resolve();
    },
  };
}
