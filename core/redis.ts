/** Redis clients from one URL: for one server, or for a cluster that is discovered from one of its nodes. */
import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis';

/** Commands fail while Redis is away instead of queueing up: by the time it is back they would be out of date. */
const common = { enableOfflineQueue: false, retryStrategy: (times: number): number => Math.min(50 * times, 1000) };

export type RedisClientOptions = Pick<RedisOptions, 'commandTimeout' | 'maxRetriesPerRequest' | 'autoResubscribe'>;

/** A password that is kept apart from the URL and may change while processes run. */
export interface RedisPassword {
  /** The password as it was last read. */
  current(): string;
  /** Called after a refusal: reads the password again. Never rejects; if it cannot be read, the last one is kept. */
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
    // With TLS a node's certificate names its host: an address that was looked up beforehand would not match it.
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
  // Nodes start with the options from when the cluster was made; this event comes before they connect.
  cluster.on('+node', (node: Redis) => (node.options.password = apart.current()));
  const onError = (error: Error): void =>
    void renewIfRefused(error, apart, (renewed) => {
      for (const node of cluster.nodes('all')) node.options.password = renewed;
    });
  // The first is a node's error, the second that of a shard's subscriber.
  for (const event of ['node error', 'nodeError']) cluster.on(event, onError);
  cluster.on('error', (error: Error) =>
    onError('lastNodeError' in error && error.lastNodeError instanceof Error ? error.lastNodeError : error),
  );
  return cluster;
}

/** Redis' answers to a wrong or missing password. */
const refusals = /^(WRONGPASS|NOAUTH)\b/;

async function renewIfRefused({ message }: Error, password: RedisPassword, use: (renewed: string) => void): Promise<void> {
  if (refusals.test(message)) use(await password.renew());
}
