/** One upload to S3: a single put where the content is small, else a multipart upload that ends whole or not at all. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ObjectLocation } from '../s3Uri.ts';

/** That nothing is there, or what was looked at. Held when the object comes to be: with its put, or with the last step of a multipart upload. */
export type WriteCondition = { readonly IfNoneMatch: '*' } | { readonly IfMatch: string | undefined };

export interface Upload {
  readonly s3: S3Client;
  readonly target: ObjectLocation;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly condition: WriteCondition;
  readonly signal: AbortSignal;
  /** What is thrown in place of an error of S3's; an error of the content's own is thrown as it is. */
  explain(error: unknown): Error;
}

/** S3 takes 10,000 parts of at least 5 MiB: 80 GiB in all. */
const partBytes = 8 * 1024 ** 2;
const maxPieceBytes = 1024 ** 2;
/** The job's signal may have fired already, and a worker that shuts down does not wait longer for tidiness. */
const abandonTimeoutMs = 5000;

/**
 * Parts go one after the other: the content waits meanwhile (backpressure), and when one fails no other is on its way
 * that could arrive after the abort. (lib-storage's `Upload` rejects before it has aborted.)
 */
export async function uploadInParts(upload: Upload, content: AsyncIterable<Uint8Array>): Promise<void> {
  let multipart: Multipart | undefined;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  try {
    for await (const chunk of inPieces(content)) {
      upload.signal.throwIfAborted();
      pending.push(Buffer.from(chunk));
      pendingBytes += chunk.byteLength;
      if (pendingBytes < partBytes) continue;
      multipart ??= await begin(upload);
      await sendPart(upload, multipart, pending);
      pending = [];
      pendingBytes = 0;
    }
    upload.signal.throwIfAborted();
    if (multipart === undefined) return await put(upload, pending);
    if (pendingBytes > 0) await sendPart(upload, multipart, pending);
    await complete(upload, multipart);
  } catch (error) {
    if (multipart !== undefined) await abandon(upload, multipart);
    throw error;
  }
}

/** So that a part is never much larger than `partBytes`, however large the chunks are. */
async function* inPieces(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of content) {
    for (let start = 0; start < chunk.byteLength; start += maxPieceBytes) yield chunk.subarray(start, start + maxPieceBytes);
  }
}

interface Multipart {
  readonly UploadId: string;
  readonly parts: CompletedPart[];
}

async function put(
  { s3, target, contentType, metadata, condition, signal, explain }: Upload,
  chunks: readonly Uint8Array[],
): Promise<void> {
  const Body = Buffer.concat(chunks);
  // The SDK takes an empty body for a stream of unknown length unless it is told.
  const command = new PutObjectCommand({
    ...target,
    Body,
    ContentLength: Body.byteLength,
    ContentType: contentType,
    Metadata: metadata,
    ...condition,
  });
  await s3.send(command, { abortSignal: signal }).catch(rethrow(explain));
}

async function begin({ s3, target, contentType, metadata, signal, explain }: Upload): Promise<Multipart> {
  const command = new CreateMultipartUploadCommand({ ...target, ContentType: contentType, Metadata: metadata });
  const { UploadId } = await s3.send(command, { abortSignal: signal }).catch(rethrow(explain));
  if (UploadId === undefined) throw new Error('S3 began a multipart upload without an id');
  return { UploadId, parts: [] };
}

async function sendPart(
  { s3, target, signal, explain }: Upload,
  { UploadId, parts }: Multipart,
  chunks: readonly Uint8Array[],
): Promise<void> {
  const PartNumber = parts.length + 1;
  const command = new UploadPartCommand({
    ...target,
    UploadId,
    PartNumber,
    Body: Buffer.concat(chunks),
  });
  const { ETag, ChecksumCRC32 } = await s3.send(command, { abortSignal: signal }).catch(rethrow(explain));
  parts.push({ PartNumber, ETag, ChecksumCRC32 });
}

async function complete({ s3, target, condition, signal, explain }: Upload, { UploadId, parts }: Multipart): Promise<void> {
  const command = new CompleteMultipartUploadCommand({
    ...target,
    UploadId,
    MultipartUpload: { Parts: parts },
    ...condition,
  });
  await s3.send(command, { abortSignal: signal }).catch(rethrow(explain));
}

async function abandon({ s3, target }: Upload, { UploadId }: Multipart): Promise<void> {
  try {
    const command = new AbortMultipartUploadCommand({ ...target, UploadId });
    await s3.send(command, { abortSignal: AbortSignal.timeout(abandonTimeoutMs) });
  } catch {
    // What failed first is what matters; parts left behind are the business of the bucket's lifecycle rule.
  }
}

function rethrow(explain: Upload['explain']): (error: unknown) => never {
  return (error) => {
    throw explain(error);
  };
}
