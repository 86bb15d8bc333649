import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boundaryViolations, circles } from './check/boundaries.ts';

const root = join(import.meta.dirname, '..');
const skipped = new Set(['node_modules', '.cache', '.data', '.git', 'dist']);

const paths = globSync('**/*.{ts,tsx}', { cwd: root, exclude: (name) => skipped.has(name) });
const sources = new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));

test('every file keeps to the boundaries', () => {
  expect(sources.size).toBeGreaterThan(50);
  expect(Array.from(sources).flatMap(([path, source]) => boundaryViolations(path, source))).toEqual([]);
});

test('no imports run in a circle', () => {
  expect(circles(sources)).toEqual([]);
});

const forbidden = [
  ['core/job.ts', `import { createLog } from '../telemetry/spans.ts';`, 'may not import telemetry/spans.ts'],
  ['core/transitions.ts', `import { join } from 'node:path';`, 'may not import the package node:path'],
  ['core/table/dynamodb/table.ts', `import type { JobQueues } from '../../queue/jobQueues.ts';`, 'may not import core/queue/jobQueues.ts'],
  ['core/queue/sqs/queues.ts', `import type { Feed } from '../../feed/feed.ts';`, 'may not import core/feed/feed.ts'],
  ['core/feed/redis/redisFeed.ts', `export { x } from '../../table/jobTable.ts';`, 'may not import core/table/jobTable.ts'],
  [
    'core/limits/redisLimiter.ts',
    `import { connectToRedis } from '../feed/redis/redisConnection.ts';`,
    'may not import core/feed/redis/redisConnection.ts',
  ],
  [
    'core/usecases/createJob.ts',
    `import { createTable } from '../table/dynamodb/table.ts';`,
    'may not import core/table/dynamodb/table.ts',
  ],
  ['core/usecases/createJob.ts', `import { openCore } from '../../runtime/open.ts';`, 'may not import runtime/open.ts'],
  ['core/usecases/createJob.ts', `import { GraphQLError } from 'graphql';`, 'may not import the package graphql'],
  ['core/usecases/createJob.ts', `import { SQSClient } from '@aws-sdk/client-sqs';`, 'may not import the package @aws-sdk/client-sqs'],
  ['core/queue/sqs/queues.ts', `import { Redis } from 'ioredis';`, 'may not import the package ioredis'],
  [
    'core/table/jobTable.ts',
    `import type { Item } from '@aws-sdk/client-dynamodb';`,
    'may not import the package @aws-sdk/client-dynamodb',
  ],
  ['telemetry/log.ts', `import type { Job } from '../core/job.ts';`, 'may not import core/job.ts'],
  ['runtime/open.ts', `import { builder } from '../schema/builder.ts';`, 'may not import schema/builder.ts'],
  ['runtime/loadJobs.ts', `import jobs from '../jobs/index.ts';`, 'may not import jobs/index.ts'],
  ['jobs/index.ts', `import { createWorker } from '../worker/worker.ts';`, 'may not import worker/worker.ts'],
  ['jobs/simulateWork/handler.ts', `import { getJob } from '../../core/usecases/readJob.ts';`, 'may not import core/usecases/readJob.ts'],
  ['jobs/transformData/handler.ts', `import { S3Client } from '@aws-sdk/client-s3';`, 'may not import the package @aws-sdk/client-s3'],
  ['schema/job.ts', `import { openServer } from '../server/openServer.ts';`, 'may not import server/openServer.ts'],
  ['server/http.ts', `const { x } = await import('../worker/worker.ts');`, 'may not import worker/worker.ts'],
  ['server/http.ts', `import { handler } from '../jobs/simulateWork/handler.ts';`, 'may not import jobs/simulateWork/handler.ts'],
  ['server/http.ts', `import { Redis } from 'ioredis';`, 'may not import the package ioredis'],
  ['client/watchJob.ts', `import type { Job } from '../core/job.ts';`, 'may not import core/job.ts'],
  ['client/watchJob.ts', `import { once } from 'node:events';`, 'may not import the package node:events'],
  ['dashboard/app.ts', `import { createClient } from 'graphql-ws';`, 'may not import the package graphql-ws'],
  ['server/pages/dashboard.ts', `import { openJob } from '../../dashboard/openedJob.ts';`, 'may not import dashboard/openedJob.ts'],
  ['worker/poll.ts', `import { builder } from '../schema/builder.ts';`, 'may not import schema/builder.ts'],
  ['worker/poll.ts', `import { SQSClient } from '@aws-sdk/client-sqs';`, 'may not import the package @aws-sdk/client-sqs'],
  ['lambda/sweeper.ts', `import { createWorker } from '../worker/worker.ts';`, 'may not import worker/worker.ts'],
  ['infra/app.ts', `import { createTable } from '../core/table/dynamodb/table.ts';`, 'may not import core/table/dynamodb/table.ts'],
  ['infra/app.ts', `import { openServer } from '../server/openServer.ts';`, 'may not import server/openServer.ts'],
  ['worker/worker.ts', `import fc from 'fast-check';`, 'may not import the package fast-check'],
  ['server/http.ts', `const port = process.env.PORT;`, 'may not use process.env'],
  ['server/http.ts', `process.once('SIGTERM', stop);`, 'may not use signals'],
  ['test/e2e/start.test.ts', `import '../../server/main.ts';`, 'imports the entry server/main.ts'],
  ['start.ts', `import './worker/main.ts';`, 'imports the entry worker/main.ts'],
  ['cli/types.ts', `import '../start.ts';`, 'imports the entry start.ts'],
  ['cli/main.ts', `import { openServer } from '../server/openServer.ts';`, 'may not import server/openServer.ts'],
  ['cli/types.ts', `import { handler } from '../jobs/simulateWork/handler.ts';`, 'may not import jobs/simulateWork/handler.ts'],
  [
    'server/http.ts',
    `import { compile } from 'json-schema-to-typescript-lite';`,
    'may not import the package json-schema-to-typescript-lite',
  ],
  ['index.ts', `export { createTable } from './core/table/dynamodb/table.ts';`, 'may not import core/table/dynamodb/table.ts'],
  ['docs/examples/typedClient.ts', `import { isFinal } from '../../client/job.ts';`, 'may not import client/job.ts'],
  ['elsewhere/file.ts', '', 'lies in no known folder'],
] as const;

test.each(forbidden)('%s: %s', (path, source, violation) => {
  expect(boundaryViolations(path, source)).toEqual([`${path}: ${violation}`]);
});

test.each([
  ['server/main.ts', `import { openCore } from '../runtime/open.ts'; process.on('SIGTERM', stop);`],
  ['server/main.ts', `import jobs from '../jobs/index.ts';`],
  ['cli/main.ts', `const run = () => import('../server/main.ts');`],
  ['server/http.ts', `import { schema } from '../schema/index.ts'; import { useServer } from 'graphql-ws/use/ws';`],
  ['infra/app.ts', `import { jobsTable } from '../core/table/dynamodb/definition.ts';`],
  ['dashboard/jobPanel.ts', `import { h } from 'preact'; import { watchJob } from '../client/watchJob.ts';`],
  ['core/feed/redis/redisFeed.ts', `import { Redis } from 'ioredis';`],
  ['core/job.ts', `/* unlike import x from 'graphql' */ // process.env\nimport { z } from 'zod';`],
])('%s may: %s', (path, source) => {
  expect(boundaryViolations(path, source)).toEqual([]);
});

test('a circle of imports is found, type imports included', () => {
  const sources = new Map([
    ['core/a.ts', `import { b } from './b.ts';`],
    ['core/b.ts', `import type { C } from './deep/c.ts';`],
    ['core/deep/c.ts', `import type { A } from '../a.ts'; import { x } from 'zod';`],
  ]);
  expect(circles(sources)).toEqual([['core/a.ts', 'core/b.ts', 'core/deep/c.ts', 'core/a.ts']]);
});
