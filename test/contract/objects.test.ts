import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createFolderObjectStore } from '../../jobs/files/folder/objectStore.ts';
import { createObjectStore } from '../../jobs/files/s3/objectStore.ts';
import { openTestBucket } from '../../jobs/files/testBucket.ts';
import { exerciseObjects, MiB } from './exerciseObjects.ts';

const buckets = ['files', 'nowhere'];

exerciseObjects('S3', async ({ maxSourceBytes = 100 * MiB } = {}) => {
  const bucket = await openTestBucket();
  return { ...bucket, objects: createObjectStore({ s3: bucket.s3, buckets, maxSourceBytes }) };
});

exerciseObjects('a folder', async ({ maxSourceBytes = 100 * MiB } = {}) => {
  const root = await mkdtemp(join(tmpdir(), 'job-tickets-objects-'));
  const bucket = join(root, 'files');
  await mkdir(bucket);
  return {
    objects: createFolderObjectStore({ root, buckets, maxSourceBytes }),
    async put(key, content) {
      const path = join(bucket, key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      return `s3://files/${key}`;
    },
    async keys() {
      const entries = await readdir(bucket, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
});
