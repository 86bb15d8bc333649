/** One upload to S3: a single put for small content, else a multipart upload that is completed or leaves nothing. */
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

/**
 * That no object exists, or that it is the one that was looked at. Checked when the object is created: with its put, or with
 * the last step of a multipart upload.
 */
export type WriteCondition = { readonly IfNoneMatch: '*' } | { readonly IfMatch: string | undefined };

export interface Upload {
  readonly s3: S3Client;
  readonly target: ObjectLocation;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly condition: WriteCondition;
  readonly signal: AbortSignal;
  /** The error to throw for an error of S3; an error of the content itself is thrown unchanged. */
  explain(error: unknown): Error;
}

/** S3 takes 10,000 parts of at least 5 MiB: 80 GiB in all. */
const partBytes = 8 * 1024 ** 2;
const maxPieceBytes = 1024 ** 2;
/** The job's signal may have fired already, and a worker that shuts down waits no longer than this for the clean-up. */
const abandonTimeoutMs = 5000;

/**
 * Parts are sent one after the other: the content waits meanwhile (backpressure), and when one fails no other is in flight that
 * could arrive after the abort. (lib-storage's `Upload` rejects before it has aborted.)
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

/** Keeps a part near `partBytes`, however large the chunks are. */
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
  // The SDK takes an empty body for a stream of unknown length unless the length is given.
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
    // The first error is thrown; parts left behind are deleted by the bucket's lifecycle rule.
  }
}

function rethrow(explain: Upload['explain']): (error: unknown) => never {
  return (error) => {
    throw explain(error);
  };
}
