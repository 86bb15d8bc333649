/** For the handlers' tests: a bucket on an S3 of their own, and jobs whose files are in it. */
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import type { JobHandler } from '../../core/handler.ts';
import type { JsonValue } from '../../core/job.ts';
import type { JobType, ResultOf } from '../../core/jobType.ts';
import { objectsOf } from '../../core/objectAccess.ts';
import { createTestJob, type TestJob, type TestJobOptions } from '../../testing/createTestJob.ts';
import { holdConditions } from './testConditions.ts';
import { createObjectStore } from './s3/objectStore.ts';

export interface TestBucketOptions {
  readonly maxSourceBytes?: number;
  /** Called with the name of each command before it is sent. */
  readonly observe?: (command: string) => void;
}

export async function openTestBucket({ maxSourceBytes = 100 * 1024 ** 2, observe }: TestBucketOptions = {}) {
  const server = await startFauxqs({ port: 0, logger: false });
  const s3 = createClient(`http://127.0.0.1:${server.port}`);
  await s3.send(new CreateBucketCommand({ Bucket: 'files' }));
  await s3.send(new CreateBucketCommand({ Bucket: 'secrets' }));
  const looking = createClient(`http://127.0.0.1:${server.port}`);
  holdConditions(s3, looking);
  const sent: string[] = [];
  s3.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        sent.push(commandName.replace(/Command$/, ''));
        observe?.(sent.at(-1) ?? '');
        return next(args);
      },
    { step: 'initialize' },
  );
  const objects = createObjectStore({ s3, buckets: ['files'], maxSourceBytes });
  const own = objectsOf(objects, { areOwnersApart: false, sharedInputs: [] }, { jobId: 'test', owner: 'anonymous' });
  const newJob = (options: TestJobOptions = {}): TestJob => createTestJob({ ...options, objects: own });
  return {
    s3,
    objects,
    /** A job whose files are in this bucket. */
    newJob,
    run: <Type extends JobType>(handler: JobHandler<Type>, params: JsonValue, options?: TestJobOptions): Promise<ResultOf<Type>> =>
      newJob(options).run(handler, params),
    /** Names of the commands sent, oldest first. */
    sent,
    async put(key: string, content: string | Uint8Array): Promise<string> {
      await s3.send(
        new PutObjectCommand({
          Bucket: 'files',
          Key: key,
          Body: content,
          ContentLength: Buffer.byteLength(content),
        }),
      );
      sent.length = 0;
      return `s3://files/${key}`;
    },
    async get(uri: string): Promise<string> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'files', Key: uri.replace('s3://files/', '') }));
      return (await Body?.transformToString()) ?? '';
    },
    async keys(): Promise<readonly string[]> {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'files' }));
      return Contents.map(({ Key = '' }) => Key);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      s3.destroy();
      looking.destroy();
      await server.stop();
    },
  };
}

export function createClient(endpoint: string): S3Client {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return new S3Client({
    endpoint,
    credentials,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
  });
}

/** A reason as the worker gives one, different from any error of a library. */
export class StoppedByTest extends Error {
  override readonly name = 'StoppedByTest';
}
