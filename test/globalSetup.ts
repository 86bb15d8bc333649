/** Before the tests: installs what they need, and starts the two servers that all of them share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startDynamoDbLocal } from './support/dynamoDbLocal.ts';
import { ensurePrograms } from './support/install.ts';
import { startRedis } from './support/redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** DynamoDB Local; each test uses a table of its own. */
    readonly dynamoDbLocalUrl: string;
    /** A Redis that is never restarted; a test that restarts one starts its own. */
    readonly redisUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await ensurePrograms(process.env);
  await using starting = new AsyncDisposableStack();
  // Hundreds of processes are started from the same sources: all but the first read the compiled code.
  const compiled = await mkdtemp(join(tmpdir(), 'job-tickets-compiled-'));
  starting.defer(() => rm(compiled, { recursive: true, force: true, maxRetries: 10 }));
  process.env['NODE_COMPILE_CACHE'] = compiled;
  const redis = starting.adopt(await startRedis(), (server) => server.stop());
  const dynamoDb = starting.adopt(await startDynamoDbLocal(), (server) => server.stop());
  project.provide('redisUrl', redis.url);
  project.provide('dynamoDbLocalUrl', dynamoDb.url);
  const running = starting.move();
  return () => running.disposeAsync();
}
