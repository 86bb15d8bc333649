/** A server and a worker of several owners, on Redis and on a folder of objects: everything that two owners share. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { systemClock } from '../../core/clock.ts';
import { openRedisFeed } from '../../core/feed/redis/redisFeed.ts';
import { defineHandler } from '../../core/handler.ts';
import { jobTypesOf, listJob } from '../../core/jobList.ts';
import { defineJobType } from '../../core/jobType.ts';
import { inputUri, outputUri } from '../../core/objectUri.ts';
import type { Core } from '../../core/usecases/core.ts';
import { createWatches } from '../../core/usecases/watchJob.ts';
import { createFolderObjectStore } from '../../jobs/files/folder/objectStore.ts';
import { handler as simulateWork } from '../../jobs/simulateWork/handler.ts';
import { createBulkRunner } from '../../lambda/bulkRunner.ts';
import { startTimerMapping } from '../../lambda/timerMapping.ts';
import { parseConfig } from '../../runtime/config.ts';
import { openEmbedded } from '../../runtime/openEmbedded.ts';
import { openServer } from '../../server/openServer.ts';
import { createWorker } from '../../worker/worker.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { silentLog } from '../support/silentLog.ts';
import { secret } from './stage.ts';

/** Copies one object, and reads another that its params name without declaring it. */
const copyObject = defineJobType({
  name: 'copy_object',
  description: 'Copies an object.',
  params: z.strictObject({ source: inputUri, output: outputUri.optional(), undeclared: z.string().optional() }),
  result: z.object({ text: z.string() }),
  policy: { timeoutSeconds: 10, attemptsPerReceive: 1 },
  example: { source: 's3://files/shared/all.txt' },
});

const copyHandler = defineHandler(copyObject, async ({ source, output, undeclared }, { objects, signal, log }) => {
  const read = async (uri: string): Promise<string> => Buffer.concat(await Array.fromAsync(objects.read(uri, { signal }))).toString();
  const text = await read(source);
  log.info(`read ${text}`, { source });
  if (output !== undefined) await objects.write(output, [text], { signal, contentType: 'text/plain' });
  return { text: undeclared === undefined ? text : await read(undeclared) };
});

export interface SharedStage extends AsyncDisposable {
  readonly url: string;
  readonly core: Core;
  readonly redis: RedisServer;
  putObject(key: string, content: string): Promise<void>;
  /** All there are in the bucket `files`, by their keys. */
  objects(): Promise<ReadonlyMap<string, string>>;
}

export async function openSharedStage(): Promise<SharedStage> {
  await using opening = new AsyncDisposableStack();
  const redis = opening.adopt(await startRedis(), ({ stop }) => stop());
  const root = opening.adopt(await mkdtemp(join(tmpdir(), 'job-tickets-owners-')), (folder) => rm(folder, { recursive: true }));
  const bucket = join(root, 'files');
  await mkdir(bucket);
  const config = {
    ...parseConfig({
      NODE_ENV: 'production',
      JWT_SECRET: secret,
      PORT: '0',
      DATA_DIR: '',
      RATE_LIMIT_PER_SECOND: '100000',
      RATE_LIMIT_BURST: '100000',
      S3_BUCKETS: 'files',
      SHARED_INPUTS: 's3://files/shared/',
      RECEIVE_WAIT_SECONDS: '1',
      SHUTDOWN_GRACE_SECONDS: '5',
    }),
    redisUrl: redis.url,
  };
  const jobs = [
    listJob(simulateWork.type, () => Promise.resolve({ handler: simulateWork })),
    listJob(copyObject, () => Promise.resolve({ handler: copyHandler })),
  ];
  const embedded = opening.adopt(await openEmbedded({ config, jobTypes: jobTypesOf(jobs), log: silentLog, clock: systemClock }), (opened) =>
    opened.close(),
  );
  const feed = opening.adopt(openRedisFeed({ redisUrl: redis.url, log: silentLog }), (opened) => opened.close());
  const core = { ...embedded.core, feed };
  const objects = createFolderObjectStore({ root, buckets: config.s3Buckets, maxSourceBytes: config.maxSourceBytes });
  const handlers = new Map([simulateWork, copyHandler].map((handler) => [handler.type.name, handler] as const));
  const worker = opening.adopt(createWorker({ core, handlers, objects, settings: config }), ({ stop }) => stop());
  worker.start();
  opening.adopt(startTimerMapping({ name: 'bulk', handler: createBulkRunner(core), everyMs: 100, log: silentLog }), ({ stop }) => stop());
  const watches = opening.adopt(createWatches(core), ({ close }) => close());
  const server = opening.adopt(await openServer({ core, watches, log: silentLog, notReady: embedded.notReady, config }), ({ close }) =>
    close(),
  );
  const resources = opening.move();
  return {
    url: server.url,
    core,
    redis,
    async putObject(key, content) {
      await mkdir(dirname(join(bucket, key)), { recursive: true });
      await writeFile(join(bucket, key), content);
    },
    async objects() {
      const entries = await readdir(bucket, { recursive: true, withFileTypes: true });
      const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
      return new Map(await Promise.all(paths.map(async (path) => [path.slice(bucket.length + 1), await readFile(path, 'utf8')] as const)));
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
