/**
 * Objects as plain files: `s3://bucket/key` is `<root>/bucket/key`. A file that somebody puts there is an object, and an output
 * is a file that can be opened. No uri leads out of the folder, by `..`, by an absolute path or by a link. Which job wrote a
 * file is recorded in a receipt beside the buckets, since a file has no metadata for it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { appendFile, link, lstat, mkdir, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { PermanentError } from '../../../core/errors.ts';
import type { Author, ObjectEngine } from '../../../core/objects.ts';
import { existsAlready, measured, tooLarge } from '../measured.ts';
import { locate, type ObjectLocation } from '../s3Uri.ts';

export interface FolderObjectStoreOptions {
  /** Contains one folder per bucket. */
  readonly root: string;
  readonly buckets: readonly string[];
  readonly maxSourceBytes: number;
}

/** A folder beside the buckets, whose name no bucket can have: files that are being written, on the same disk as their target. */
export const unfinished = '.unfinished';

/** Beside the buckets too: one file for each output of a job that may replace only its own. */
const receipts = '.receipts';

const chunkBytes = 64 * 1024;

export function createFolderObjectStore({ root, buckets, maxSourceBytes }: FolderObjectStoreOptions): ObjectEngine {
  return {
    async *read(uri, { signal, progress }) {
      const path = await pathTo(root, uri, locate(uri, buckets));
      signal.throwIfAborted();
      await using file = await openFile(path, uri);
      const { size } = await file.stat();
      if (size > maxSourceBytes) throw tooLarge(uri, maxSourceBytes);
      for (let read = 0; ;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, null).catch(explained(uri, 'read'));
        signal.throwIfAborted();
        if (bytesRead === 0) return;
        read += bytesRead;
        // Another process may be writing to it: the limit is checked while reading as well.
        if (read > maxSourceBytes) throw tooLarge(uri, maxSourceBytes);
        progress?.(Math.min(100, (100 * read) / Math.max(size, 1)));
        yield buffer.subarray(0, bytesRead);
        // Lets other jobs, their heartbeats and signals run.
        await setImmediate();
      }
    },

    async write(uri, content, { signal, author }) {
      const location = locate(uri, buckets);
      const path = await pathTo(root, uri, location);
      const receipt = receiptOf(root, uri, author);
      const isReplacing = await mayReplace(path, receipt, uri, author);
      const { chunks, written } = measured(content, uri, maxSourceBytes);
      const draft = join(root, unfinished, randomUUID());
      try {
        await writeDraft(draft, chunks, signal, uri);
        await makeFolders(root, uri, location);
        if (author.replaces === 'own') await sign(draft, receipt).catch(explained(uri, 'written'));
        await (isReplacing ? rename(draft, path) : create(draft, path)).catch(explained(uri, 'written'));
        await syncFolder(join(path, '..'));
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined);
        throw error;
      }
      return written();
    },
  };
}

/** The path of an object; every existing folder on the way is checked to be a real folder. @throws {PermanentError} */
async function pathTo(root: string, uri: string, { Bucket, Key }: ObjectLocation): Promise<string> {
  const parts = [Bucket, ...Key.split('/')];
  if (parts.includes('')) throw new PermanentError(`${uri} has an empty part, which no folder can hold`);
  if (parts.some((part) => Buffer.byteLength(part) > 255)) throw new PermanentError(`${uri} has a part of more than 255 bytes`);
  let path = root;
  for (const [index, part] of parts.entries()) {
    path = join(path, part);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink() === true) throw new PermanentError(`${uri} leads over a link, which is not allowed`);
    const isLast = index === parts.length - 1;
    if (found !== undefined && !isLast && !found.isDirectory()) throw new PermanentError(`${uri} leads through a file`);
    if (found !== undefined && isLast && !found.isFile()) throw new PermanentError(`${uri} is no file`);
  }
  return path;
}

async function openFile(path: string, uri: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new PermanentError(`${uri} does not exist`, { cause: error });
    return explained(uri, 'read')(error);
  }
}

async function writeDraft(draft: string, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal, uri: string): Promise<void> {
  await mkdir(join(draft, '..'), { recursive: true }).catch(explained(uri, 'written'));
  await using file = await open(draft, 'wx').catch(explained(uri, 'written'));
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    await file.writeFile(chunk).catch(explained(uri, 'written'));
  }
  signal.throwIfAborted();
  await file.sync().catch(explained(uri, 'written'));
}

function receiptOf(root: string, uri: string, { jobId }: Author): string {
  return join(
    root,
    receipts,
    createHash('sha256')
      .update(JSON.stringify([jobId, uri]))
      .digest('hex'),
  );
}

/** False where no file exists. @throws {PermanentError} where a file exists that the author did not write. */
async function mayReplace(path: string, receipt: string, uri: string, { replaces }: Author): Promise<boolean> {
  if (replaces === 'any') return true;
  const found = await identityOf(path).catch(() => undefined);
  if (found === undefined) return false;
  const written = await readFile(receipt, 'utf8').catch(() => '');
  if (!written.split('\n').includes(found)) throw existsAlready(uri);
  return true;
}

/** Before the file gets its name: a crash in between leaves an extra receipt, never a missing one. */
async function sign(draft: string, receipt: string): Promise<void> {
  await mkdir(join(receipt, '..'), { recursive: true });
  await appendFile(receipt, `${await identityOf(draft)}\n`, { flush: true });
}

/** Another file at the same path has another id, and so has this one once somebody has edited it. */
async function identityOf(path: string): Promise<string> {
  const { ino, mtimeNs } = await lstat(path, { bigint: true });
  return `${ino} ${mtimeNs}`;
}

/** Fails where another process was faster. */
async function create(draft: string, path: string): Promise<void> {
  await link(draft, path);
  await rm(draft);
}

/** As in S3, a bucket must exist; the folders within it are created when needed. */
async function makeFolders(root: string, uri: string, { Bucket, Key }: ObjectLocation): Promise<void> {
  let path = join(root, Bucket);
  if ((await lstat(path).catch(() => undefined)) === undefined) throw new PermanentError(`${uri} does not exist: there is no such bucket`);
  for (const part of Key.split('/').slice(0, -1)) {
    path = join(path, part);
    await mkdir(path).catch((error: unknown) => codeOf(error) === 'EEXIST' || explained(uri, 'written')(error));
  }
}

/** Makes the file's new name survive a power cut. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, constants.O_RDONLY);
  await folder.sync();
}

function explained(uri: string, verb: 'read' | 'written'): (error: unknown) => never {
  return (error) => {
    throw new Error(`${uri} could not be ${verb} (${codeOf(error) ?? String(error)})`, { cause: error });
  };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
