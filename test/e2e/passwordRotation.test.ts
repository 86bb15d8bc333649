/** The password of Redis is changed as in docs/operations.md, while processes run and clients of a cluster are connected. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { latestEventOf } from '../../core/feed/event.ts';
import { openRedisFeed } from '../../core/feed/redis/redisFeed.ts';
import { openRedisLimiter } from '../../core/limits/redisLimiter.ts';
import type { RedisPassword } from '../../core/redis.ts';
import { encodeJob } from '../../core/table/dynamodb/codec.ts';
import { parseConfig } from '../../runtime/config.ts';
import { openSecrets } from '../../runtime/secrets.ts';
import { fakePrograms, type Call } from '../support/fakePrograms.ts';
import { makeJob } from '../support/jobFactory.ts';
import { startEntry } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import { startRedisCluster } from '../support/redisCluster.ts';
import { secretArn, startSecretsManager, type SecretsManager } from '../support/secretsManager.ts';
import { silentLog } from '../support/silentLog.ts';
import { startSystem } from '../support/startSystem.ts';

const root = join(import.meta.dirname, '../..');
const arn = secretArn('CachePassword');
const old = 'o'.repeat(64);
const cleaning: AsyncDisposableStack[] = [];
afterEach(async () => {
  for (const stack of cleaning.splice(0)) await stack.disposeAsync();
});

test('the documented steps change the password under server, worker and Lambda, which all connect again', async () => {
  const resources = cleaningUp();
  const redis = resources.adopt(await startRedis(), (server) => server.stop());
  const admin = await administrator(redis.url, resources);
  await admin.call('ACL', 'SETUSER', 'default', 'resetpass', `>${old}`);
  const secrets = resources.use(await startSecretsManager({ [arn]: old }));
  const system = resources.use(await startSystem({ parts: [] }));
  const { config } = system;
  const env = {
    JOBS_TABLE: config.jobsTable,
    QUEUE_PREFIX: config.queuePrefix,
    AWS_ENDPOINT_URL_DYNAMODB: String(config.endpoints.dynamodb),
    AWS_ENDPOINT_URL_SQS: String(config.endpoints.sqs),
    AWS_ENDPOINT_URL_S3: String(config.endpoints.s3),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    REDIS_URL: redis.url,
    REDIS_PASSWORD_ARN: arn,
    RATE_LIMIT_PER_SECOND: '100',
    RECEIVE_WAIT_SECONDS: '1',
  };
  const server = resources.use(await startEntry('server', { env }));
  const worker = resources.use(await startEntry('worker', { env }));
  const lambda = resources.use(startRelayLambda(env));
  const connected = (logs: string): number => logs.split('the feed is connected to Redis').length - 1;
  await expect.poll(() => [connected(server.logs()), connected(worker.logs())]).toEqual([1, 1]);
  await expect.poll(() => lambda.publishes()).toBe(true);

  await changePassword({ admin, secrets });
  await expectRefused(redis.url);
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub', 'SKIPME', 'yes');
  await expect.poll(() => [connected(server.logs()), connected(worker.logs())]).toEqual([2, 2]);
  await expect.poll(() => lambda.publishes()).toBe(true);
  for (const { logs } of [server, worker]) expect(logs()).toContain('a secret has changed; the new one is used');
});

test('feed and rate limits over a cluster connect again with the new password', async () => {
  const resources = cleaningUp();
  const cluster = resources.adopt(await startRedisCluster(), (nodes) => nodes.stop());
  const first = await administrator(cluster.url, resources);
  const ports = String(await first.call('CLUSTER', 'NODES')).matchAll(/127\.0\.0\.1:(\d+)@/g);
  const admins = await Promise.all(Array.from(ports, ([, port]) => administrator(`redis://127.0.0.1:${port}`, resources)));
  expect(admins).toHaveLength(3);
  const onEach = (...command: [string, ...string[]]) => Promise.all(admins.map((admin) => admin.call(...command)));
  await onEach('ACL', 'SETUSER', 'default', 'resetpass', `>${old}`);
  using secrets = await startSecretsManager({ [arn]: old });
  const config = parseConfig({ REDIS_URL: cluster.url, REDIS_PASSWORD_ARN: arn, AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url });
  const { redisPassword } = await openSecrets({ config, log: silentLog });
  const address = { redisUrl: cluster.url, isCluster: true, password: redisPassword, log: silentLog };
  const feed = resources.adopt(openRedisFeed(address), ({ close }) => close());
  const limiter = resources.adopt(openRedisLimiter({ perSecond: 0.001, burst: 1 }, address), ({ close }) => close());
  const jobs = Array.from({ length: 12 }, () => latestEventOf(makeJob({ version: 2 })));
  const seen = new Set<string>();
  await expect.poll(() => feed.isConnected()).toBe(true);
  for (const { jobId } of jobs) {
    await feed.subscribe({ jobId }, { onEvent: (event) => void seen.add(event.jobId), onInterrupted: () => undefined });
  }

  const renewed = 'n'.repeat(64);
  secrets.put(arn, renewed);
  await onEach('ACL', 'SETUSER', 'default', 'resetpass', `>${renewed}`);
  await onEach('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await onEach('CLIENT', 'KILL', 'TYPE', 'pubsub', 'SKIPME', 'yes');
  await expect
    .poll(
      async () => {
        await Promise.all(jobs.map((event) => feed.publish(event)));
        return seen.size;
      },
      { timeout: 30_000 },
    )
    .toBe(jobs.length);
  // A caller who has used up the limit waits: the limit works, so Redis answers.
  await expect.poll(async () => (await limiter.take('alice', 'jobs', 1)).retryAfterSeconds, { timeout: 30_000 }).toBeGreaterThan(0);
});

test('a Redis that refuses a password for good is not asked about it without end', async () => {
  const resources = cleaningUp();
  const redis = resources.adopt(await startRedis(), (server) => server.stop());
  const admin = await administrator(redis.url, resources);
  await admin.call('ACL', 'SETUSER', 'default', 'resetpass', '>another');
  let renewals = 0;
  const password: RedisPassword = {
    current: () => old,
    renew() {
      renewals += 1;
      return Promise.resolve(old);
    },
  };
  const feed = resources.adopt(openRedisFeed({ redisUrl: redis.url, password, log: silentLog }), ({ close }) => close());
  await expect.poll(() => renewals).toBeGreaterThan(3);
  expect(feed.isConnected()).toBe(false);
  await admin.call('ACL', 'SETUSER', 'default', 'resetpass', `>${old}`);
  await expect.poll(() => feed.isConnected()).toBe(true);
});

/** Runs the page's commands in a shell whose `aws` does with this Redis and these secrets what AWS does. */
async function changePassword({ admin, secrets }: { readonly admin: Redis; readonly secrets: SecretsManager }): Promise<void> {
  const page = await readFile(join(root, 'docs/operations.md'), 'utf8');
  const [, steps = ''] = /## Changing the cache’s password[\s\S]*?```sh\n([\s\S]*?)```/.exec(page) ?? [];
  const renewed = 'n'.repeat(64);
  const valueAfter = ({ args }: Call, name: string): string => args[args.indexOf(name) + 1] ?? '';
  const answers: Readonly<Record<string, (call: Call) => Promise<string>>> = {
    'cloudformation describe-stacks': () => Promise.resolve('cache-1\n'),
    'ssm get-parameter': () => Promise.resolve(`${arn}\n`),
    'secretsmanager get-random-password': () => Promise.resolve(`${renewed}\n`),
    'elasticache wait': () => Promise.resolve(''),
    'secretsmanager put-secret-value'(call) {
      secrets.put(valueAfter(call, '--secret-id'), valueAfter(call, '--secret-string'));
      return Promise.resolve('');
    },
    async 'elasticache modify-replication-group'(call) {
      expect(valueAfter(call, '--replication-group-id')).toBe('cache-1');
      const change = { ROTATE: [], SET: ['resetpass'] }[strategyOf(valueAfter(call, '--auth-token-update-strategy'))];
      await admin.call('ACL', 'SETUSER', 'default', ...change, `>${valueAfter(call, '--auth-token')}`);
      return '';
    },
  };
  await using programs = await fakePrograms(['aws'], async (call) => {
    const answer = answers[call.args.slice(0, 2).join(' ')];
    return answer === undefined ? { code: 2, stderr: `no answer to ${call.args.join(' ')}` } : { stdout: await answer(call) };
  });
  await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', steps], { env: { PATH: programs.path } });
  expect(programs.calls().filter((call) => call.includes('--auth-token-update-strategy'))).toHaveLength(2);
}

function strategyOf(strategy: string): 'ROTATE' | 'SET' {
  if (strategy !== 'ROTATE' && strategy !== 'SET') throw new Error(`no strategy of ElastiCache: ${strategy}`);
  return strategy;
}

/** A user of its own, which no change of the default user’s password touches. */
async function administrator(redisUrl: string, resources: AsyncDisposableStack): Promise<Redis> {
  const opening = new Redis(redisUrl);
  await opening.call('ACL', 'SETUSER', 'admin', 'on', '>admin', '~*', '&*', '+@all');
  opening.disconnect();
  return resources.adopt(new Redis(redisUrl, { username: 'admin', password: 'admin' }), (redis) => redis.disconnect());
}

interface RelayLambda extends AsyncDisposable {
  /** Whether the handler accepted a record, tried again in the same container. */
  publishes(): Promise<boolean>;
}

/** The Lambda's entry in a process that stays, as a container does. */
function startRelayLambda(env: Readonly<Record<string, string>>): RelayLambda {
  const job = makeJob();
  const event = { Records: [{ eventID: '1', eventName: 'INSERT', dynamodb: { SequenceNumber: '1', NewImage: encodeJob(job) } }] };
  const program = `
    const { handler } = await import(${JSON.stringify(join(root, 'lambda/aws/streamRelay.ts'))});
    for await (const _ of process.stdin) console.log('answer ' + JSON.stringify(await handler(${JSON.stringify(event)})));`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'silent', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  const answers: string[] = [];
  lines.on('line', (line) => line.startsWith('answer ') && answers.push(line));
  return {
    async publishes() {
      const asked = answers.length;
      child.stdin.write('.');
      await expect.poll(() => answers.length).toBeGreaterThan(asked);
      return answers.at(-1) === 'answer {"batchItemFailures":[]}';
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

function cleaningUp(): AsyncDisposableStack {
  const resources = new AsyncDisposableStack();
  cleaning.push(resources);
  return resources;
}

async function expectRefused(redisUrl: string): Promise<void> {
  const redis = new Redis(redisUrl, { password: old, retryStrategy: () => null });
  const refused = new Promise<string>((resolve) => redis.on('error', ({ message }: Error) => resolve(message)));
  expect(await refused).toContain('WRONGPASS');
}
