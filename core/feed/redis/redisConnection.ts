/** The connections under the feed: to one Redis, or to a cluster, where each shard has a subscriber of its own. */
import { createRedis, createRedisCluster, type RedisAddress } from '../../redis.ts';

export interface RedisEvents {
  /** Channels can be subscribed to, and have to be subscribed to again. */
  up(): void;
  /** Messages may be lost from now on. */
  down(): void;
  message(channel: string, text: string): void;
  error(error: Error): void;
}

export interface RedisConnection {
  spublish(channel: string, text: string): Promise<unknown>;
  /** Resolves with the channels that are confirmed. */
  ssubscribe(channels: readonly string[]): Promise<ReadonlySet<string>>;
  sunsubscribe(channel: string): Promise<unknown>;
  isReady(): boolean;
  /** Rejects, or never settles, where a connection that looks well is half-open. */
  probe(): Promise<unknown>;
  /** Closes a connection that does not answer, and connects again. */
  reset(): void;
  close(): void;
}

const options = { commandTimeout: 2000, maxRetriesPerRequest: 1 };

export function connectToRedis(address: RedisAddress, events: RedisEvents): RedisConnection {
  const publisher = createRedis(address, options);
  const subscriber = createRedis(address, { ...options, autoResubscribe: false });
  subscriber.on('ready', () => events.up());
  subscriber.on('close', () => events.down());
  subscriber.on('smessage', (channel: string, text: string) => events.message(channel, text));
  for (const connection of [publisher, subscriber]) connection.on('error', (error: Error) => events.error(error));
  return {
    spublish: (channel, text) => publisher.spublish(channel, text),
    async ssubscribe(channels) {
      await subscriber.ssubscribe(...channels);
      return new Set(channels);
    },
    sunsubscribe: (channel) => subscriber.sunsubscribe(channel),
    isReady: () => subscriber.status === 'ready',
    probe: () => subscriber.ping(),
    reset: () => subscriber.disconnect(true),
    close() {
      subscriber.disconnect();
      publisher.disconnect();
    },
  };
}

/** ioredis keeps one subscriber per shard, and moves channels when slots move; a shard that goes away is reported as `down`. */
export function connectToCluster(address: RedisAddress, events: RedisEvents): RedisConnection {
  const cluster = createRedisCluster(address, options, { shardedSubscribers: true, slotsRefreshInterval: 5000 });
  cluster.on('ready', () => events.up());
  cluster.on('subscribersReady', () => events.up());
  cluster.on('-node', () => events.down());
  cluster.on('-subscriber', () => events.down());
  cluster.on('close', () => events.down());
  cluster.on('smessage', (channel: string, text: string) => events.message(channel, text));
  cluster.on('error', (error: Error) => events.error(error));
  return {
    spublish: (channel, text) => cluster.spublish(channel, text),
    // One command can name only channels of one slot; a shard that is away refuses its own.
    async ssubscribe(channels) {
      const answers = await Promise.allSettled(channels.map((channel) => cluster.ssubscribe(channel)));
      const confirmed = new Set(channels.filter((_channel, index) => answers[index]?.status === 'fulfilled'));
      if (confirmed.size === 0) throw new Error('no shard confirmed a channel', { cause: answers });
      return confirmed;
    },
    sunsubscribe: (channel) => cluster.sunsubscribe(channel),
    isReady: () => cluster.status === 'ready',
    probe: () => Promise.all(cluster.nodes('master').map((node) => node.ping())),
    reset: () => cluster.disconnect(true),
    close: () => cluster.disconnect(),
  };
}
