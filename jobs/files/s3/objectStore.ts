/**
 * Objects in S3: sources read and outputs written as streams, only in allowed buckets. An output names in its metadata the job
 * that wrote it, and every write is conditional on what was there before, so that none replaces an object that it has not
 * looked at.
 */
import { addAbortSignal, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { GetObjectCommand, HeadObjectCommand, NotFound, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { PermanentError } from '../../../core/errors.ts';
import type { Author, ObjectEngine } from '../../../core/objects.ts';
import { existsAlready, measured, tooLarge } from '../measured.ts';
import { locate, type ObjectLocation } from '../s3Uri.ts';
import { uploadInParts, type WriteCondition } from './upload.ts';

interface ObjectStoreOptions {
  readonly s3: S3Client;
  readonly buckets: readonly string[];
  readonly maxSourceBytes: number;
}

export function createObjectStore({ s3, buckets, maxSourceBytes }: ObjectStoreOptions): ObjectEngine {
  return {
    async *read(uri, { signal, progress }) {
      const { body, bytes } = await open(s3, uri, locate(uri, buckets), signal);
      try {
        if (bytes > maxSourceBytes) throw tooLarge(uri, maxSourceBytes);
        let read = 0;
        for await (const chunk of chunksOf(body, uri)) {
          read += chunk.byteLength;
          // Content-Length cannot be trusted: the limit is checked while reading as well.
          if (read > maxSourceBytes) throw tooLarge(uri, maxSourceBytes);
          progress?.(bytes === 0 ? 100 : Math.min(100, (100 * read) / bytes));
          yield chunk;
          // Data that has arrived already is read without a pause: this lets other jobs, their heartbeats and signals run.
          await setImmediate();
        }
        if (read < bytes) throw new Error(`${uri} ended after ${read} of ${bytes} bytes`);
      } finally {
        body.destroy();
      }
    },

    async write(uri, content, { signal, contentType, author }) {
      const target = locate(uri, buckets);
      const condition = await conditionFor(s3, { uri, target, author, signal });
      const { chunks, written } = measured(content, uri, maxSourceBytes);
      const upload = { s3, target, contentType, metadata: { [authorKey]: author.jobId }, condition, signal };
      await uploadInParts({ ...upload, explain: (error) => explain(error, uri, 'written') }, chunks);
      return written();
    },
  };
}

/** A key of the metadata, which S3 stores in lower case. */
const authorKey = 'job-id';

interface Write {
  readonly uri: string;
  readonly target: ObjectLocation;
  readonly author: Author;
  readonly signal: AbortSignal;
}

/**
 * The condition that must still hold when the output is complete. @throws {PermanentError} where an object exists that the
 * author did not write.
 */
async function conditionFor(s3: S3Client, { uri, target, author, signal }: Write): Promise<WriteCondition> {
  try {
    const { ETag, Metadata } = await s3.send(new HeadObjectCommand(target), { abortSignal: signal });
    if (author.replaces === 'own' && Metadata?.[authorKey] !== author.jobId) throw existsAlready(uri);
    return { IfMatch: ETag };
  } catch (error) {
    if (error instanceof NotFound) return { IfNoneMatch: '*' };
    throw error instanceof PermanentError ? error : explain(error, uri, 'written');
  }
}

async function open(s3: S3Client, uri: string, source: ObjectLocation, signal: AbortSignal): Promise<{ body: Readable; bytes: number }> {
  const { Body, ContentLength = 0 } = await s3.send(new GetObjectCommand(source), { abortSignal: signal }).catch((error: unknown) => {
    throw explain(error, uri, 'read');
  });
  if (!(Body instanceof Readable)) throw new Error(`${uri} came without a body`);
  return { body: addAbortSignal(signal, Body), bytes: ContentLength };
}

async function* chunksOf(body: Readable, uri: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of body) {
      if (chunk instanceof Uint8Array) yield chunk;
    }
  } catch (error) {
    throw explain(error, uri, 'read');
  }
}

function explain(error: unknown, uri: string, verb: 'read' | 'written'): Error {
  if (error instanceof S3ServiceException) {
    if (error.name === 'NoSuchBucket') return new PermanentError(`${uri} does not exist: there is no such bucket`, { cause: error });
    if (verb === 'read' && (error.name === 'NoSuchKey' || error.name === 'NotFound'))
      return new PermanentError(`${uri} does not exist`, { cause: error });
  }
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Error(`${uri} could not be ${verb} (${reason})`, { cause: error });
}
