import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PermanentError } from '../../../core/errors.ts';
import { createFolderObjectStore, unfinished } from './objectStore.ts';

const running = new AbortController().signal;
const plain = { signal: running, contentType: 'text/plain', author: { jobId: 'job-1', replaces: 'own' } } as const;

async function setup() {
  const root = await mkdtemp(join(tmpdir(), 'job-tickets-objects-'));
  await mkdir(join(root, 'files'));
  const objects = createFolderObjectStore({ root, buckets: ['files'], maxSourceBytes: 1000 });
  return {
    root,
    objects,
    read: async (uri: string) => Buffer.concat(await Array.fromAsync(objects.read(uri, { signal: running }))).toString(),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}

test('an output is a plain file under its bucket and key', async () => {
  await using folder = await setup();
  await folder.objects.write('s3://files/reports/may.txt', ['May'], plain);
  expect(await readFile(join(folder.root, 'files/reports/may.txt'), 'utf8')).toBe('May');
  expect(await readdir(join(folder.root, unfinished))).toEqual([]);
});

test('no link leads out of the folder, for reading or writing', async () => {
  await using folder = await setup();
  await writeFile(join(folder.root, 'outside'), 'secret');
  await symlink(join(folder.root, 'outside'), join(folder.root, 'files/link'));
  await symlink(folder.root, join(folder.root, 'files/up'));
  for (const uri of ['s3://files/link', 's3://files/up/outside']) {
    await expect(folder.read(uri)).rejects.toBeInstanceOf(PermanentError);
    await expect(folder.objects.write(uri, ['x'], plain)).rejects.toBeInstanceOf(PermanentError);
  }
  expect(await readFile(join(folder.root, 'outside'), 'utf8')).toBe('secret');
});

test.each(['s3://files//etc/passwd', 's3://files/a//b', 's3://files/folder/', `s3://files/${'x'.repeat(300)}`])(
  'refuses %s, which cannot be the name of a file, for good',
  async (uri) => {
    await using folder = await setup();
    await expect(folder.read(uri)).rejects.toBeInstanceOf(PermanentError);
    await expect(folder.objects.write(uri, ['x'], plain)).rejects.toBeInstanceOf(PermanentError);
  },
);

test('refuses for good a folder, a path through a file, and a pipe that nobody writes to', async () => {
  await using folder = await setup();
  await mkdir(join(folder.root, 'files/folder'));
  await writeFile(join(folder.root, 'files/file'), 'x');
  execFileSync('mkfifo', [join(folder.root, 'files/pipe')]);
  for (const uri of ['s3://files/folder', 's3://files/file/below', 's3://files/pipe']) {
    await expect(folder.read(uri)).rejects.toBeInstanceOf(PermanentError);
    await expect(folder.objects.write(uri, ['x'], plain)).rejects.toBeInstanceOf(PermanentError);
  }
});

test('a folder that cannot be written now may be writable later: that is no failure for good', async () => {
  await using folder = await setup();
  await writeFile(join(folder.root, unfinished), 'in the way');
  const writing = folder.objects.write('s3://files/out', ['x'], plain);
  await expect(writing).rejects.not.toBeInstanceOf(PermanentError);
  await expect(writing).rejects.toThrow('s3://files/out could not be written');
});
