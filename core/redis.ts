/** Clients of Redis from one URL: of one server, or of a cluster that is found from one of its nodes. */
import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis';

/** Commands fail while Redis is away instead of queueing up: what they would do is out of date by then. */
const common = { enableOfflineQueue: false, retryStrategy: (times: number): number => Math.min(50 * times, 1000) };

export type RedisClientOptions = Pick<RedisOptions, 'commandTimeout' | 'maxRetriesPerRequest' | 'autoResubscribe'>;

/** A password that is kept apart from the URL and may change while processes run. */
export interface RedisPassword {
  /** As it was read last. */
  current(): string;
  /** For whoever was refused: reads it again. Never rejects; where it cannot be read it is the one before. */
  renew(): Promise<string>;
}

export interface RedisAddress {
  readonly redisUrl: string;
  /** Absent: the URL's own, if it has one. */
  readonly password?: RedisPassword | undefined;
}

export function createRedis({ redisUrl, password }: RedisAddress, options: RedisClientOptions): Redis {
  if (password === undefined) return new Redis(redisUrl, { ...common, ...options });
  const redis = new Redis(redisUrl, { ...common, ...options, password: password.current() });
  // The next attempt to connect takes it from the options.
  redis.on('error', (error: Error) => void renewIfRefused(error, password, (renewed) => (redis.options.password = renewed)));
  return redis;
}

export function createRedisCluster(
  { redisUrl, password: apart }: RedisAddress,
  options: RedisClientOptions,
  clusterOptions: Pick<ClusterOptions, 'shardedSubscribers' | 'slotsRefreshInterval'> = {},
): Cluster {
  const { hostname: host, port, username, password, protocol } = new URL(redisUrl);
  const tls = protocol === 'rediss:' ? { tls: {} } : {};
  const cluster = new Cluster([{ host, port: Number(port || 6379) }], {
    enableOfflineQueue: common.enableOfflineQueue,
    clusterRetryStrategy: common.retryStrategy,
    // With TLS a node's certificate names its host: an address looked up beforehand would not match it.
    ...(protocol === 'rediss:' ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
    redisOptions: {
      ...options,
      username: decodeURIComponent(username),
      password: apart?.current() ?? decodeURIComponent(password),
      ...tls,
    },
    ...clusterOptions,
  });
  if (apart === undefined) return cluster;
  // Nodes begin with the options as they were when the cluster was made, and are told of before they connect.
  cluster.on('+node', (node: Redis) => (node.options.password = apart.current()));
  const onError = (error: Error): void =>
    void renewIfRefused(error, apart, (renewed) => {
      for (const node of cluster.nodes('all')) node.options.password = renewed;
    });
  // The one of a node, the other of a shard's subscriber.
  for (const event of ['node error', 'nodeError']) cluster.on(event, onError);
  cluster.on('error', (error: Error) =>
    onError('lastNodeError' in error && error.lastNodeError instanceof Error ? error.lastNodeError : error),
  );
  return cluster;
}

/** What Redis answers to a password that is wrong, or missing. */
const refusals = /^(WRONGPASS|NOAUTH)\b/;

async function renewIfRefused({ message }: Error, password: RedisPassword, use: (renewed: string) => void): Promise<void> {
  if (refusals.test(message)) use(await password.renew());
}
