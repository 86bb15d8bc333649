/** The connections under the feed: to one Redis, or to a cluster, where each shard has a subscriber of its own. */
import { Cluster, Redis } from 'ioredis';

export interface RedisEvents {
  /** Channels can be subscribed to, and must be, again. */
  up(): void;
  /** Messages may be lost from now on. */
  down(): void;
  message(channel: string, text: string): void;
  error(error: Error): void;
}

export interface RedisConnection {
  spublish(channel: string, text: string): Promise<unknown>;
  ssubscribe(channel: string): Promise<unknown>;
  sunsubscribe(channel: string): Promise<unknown>;
  isReady(): boolean;
  /** Rejects, or never settles, where a connection that looks well is half-open. */
  probe(): Promise<unknown>;
  /** Closes what does not answer, and connects anew. */
  reset(): void;
  close(): void;
}

/** Commands fail while Redis is away instead of queueing up: what they would tell is out of date by then. */
const options = { enableOfflineQueue: false, commandTimeout: 2000, maxRetriesPerRequest: 1 };
const retryStrategy = (times: number): number => Math.min(50 * times, 1000);

export function connectToRedis(redisUrl: string, events: RedisEvents): RedisConnection {
  const publisher = new Redis(redisUrl, { ...options, retryStrategy });
  const subscriber = new Redis(redisUrl, { ...options, retryStrategy, autoResubscribe: false });
  subscriber.on('ready', () => events.up());
  subscriber.on('close', () => events.down());
  subscriber.on('smessage', (channel: string, text: string) => events.message(channel, text));
  for (const connection of [publisher, subscriber]) connection.on('error', (error: Error) => events.error(error));
  return {
    spublish: (channel, text) => publisher.spublish(channel, text),
    ssubscribe: (channel) => subscriber.ssubscribe(channel),
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

/** ioredis keeps one subscriber a shard, and moves channels when slots move; a shard that goes is told as `down`. */
export function connectToCluster(redisUrl: string, events: RedisEvents): RedisConnection {
  const { hostname: host, port, username, password, protocol } = new URL(redisUrl);
  const tls = protocol === 'rediss:' ? { tls: {} } : {};
  const redisOptions = {
    commandTimeout: 2000,
    maxRetriesPerRequest: 1,
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    ...tls,
  };
  const cluster = new Cluster([{ host, port: Number(port || 6379) }], {
    shardedSubscribers: true,
    enableOfflineQueue: false,
    slotsRefreshInterval: 5000,
    clusterRetryStrategy: retryStrategy,
    redisOptions,
  });
  cluster.on('ready', () => events.up());
  cluster.on('subscribersReady', () => events.up());
  cluster.on('-node', () => events.down());
  cluster.on('-subscriber', () => events.down());
  cluster.on('close', () => events.down());
  cluster.on('smessage', (channel: string, text: string) => events.message(channel, text));
  cluster.on('error', (error: Error) => events.error(error));
  return {
    spublish: (channel, text) => cluster.spublish(channel, text),
    ssubscribe: (channel) => cluster.ssubscribe(channel),
    sunsubscribe: (channel) => cluster.sunsubscribe(channel),
    isReady: () => cluster.status === 'ready',
    probe: () => Promise.all(cluster.nodes('master').map((node) => node.ping())),
    reset: () => cluster.disconnect(true),
    close: () => cluster.disconnect(),
  };
}
