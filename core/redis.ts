/** Clients of Redis from one URL: of one server, or of a cluster that is found from one of its nodes. */
import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis';

/** Commands fail while Redis is away instead of queueing up: what they would do is out of date by then. */
const common = { enableOfflineQueue: false, retryStrategy: (times: number): number => Math.min(50 * times, 1000) };

export type RedisClientOptions = Pick<RedisOptions, 'commandTimeout' | 'maxRetriesPerRequest' | 'autoResubscribe'>;

export function createRedis(redisUrl: string, options: RedisClientOptions): Redis {
  return new Redis(redisUrl, { ...common, ...options });
}

export function createRedisCluster(
  redisUrl: string,
  options: RedisClientOptions,
  clusterOptions: Pick<ClusterOptions, 'shardedSubscribers' | 'slotsRefreshInterval'> = {},
): Cluster {
  const { hostname: host, port, username, password, protocol } = new URL(redisUrl);
  const tls = protocol === 'rediss:' ? { tls: {} } : {};
  return new Cluster([{ host, port: Number(port || 6379) }], {
    enableOfflineQueue: common.enableOfflineQueue,
    clusterRetryStrategy: common.retryStrategy,
    // With TLS a node's certificate names its host: an address looked up beforehand would not match it.
    ...(protocol === 'rediss:' ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
    redisOptions: { ...options, username: decodeURIComponent(username), password: decodeURIComponent(password), ...tls },
    ...clusterOptions,
  });
}
