/**
 * The embedded AWS: DynamoDB (dynalite), SQS and S3 (fauxqs) on the loopback interface, kept in a folder.
 *
 * They run in a thread of their own, so that the server's event loop does not wait for their disk. When the disk is full,
 * dynalite throws where the error cannot be caught: this ends the thread, and is reported, instead of ending the whole process.
 */
import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';

/** Why the embedded AWS cannot start or has ended, in one line. */
export class EmbeddedAwsError extends Error {
  override readonly name = 'EmbeddedAwsError';
}

export interface EmbeddedAwsOptions {
  /** Where tables, queues and objects are kept; empty = in memory. One process at a time. */
  readonly dataDir: string;
  /** 0 or absent = free ports. SQS and S3 share one. */
  readonly ports?: { readonly dynamodb?: number; readonly sqsAndS3?: number };
  /** Called once if the emulators end unexpectedly (a full disk); by default the error is thrown, uncaught. */
  readonly onFailure?: (error: EmbeddedAwsError) => void;
}

export interface EmbeddedAws {
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string; readonly s3: string };
  /** A second call waits for the first. */
  close(): Promise<void>;
}

const report = z.union([
  z.object({ endpoints: z.object({ dynamodb: z.string(), sqs: z.string(), s3: z.string() }) }),
  z.object({ failure: z.string() }),
]);

/** @throws {EmbeddedAwsError} one line: the folder is no folder, not writable or in use, or a port is in use. */
export async function openEmbeddedAws({ dataDir, ports = {}, onFailure = throwUncaught }: EmbeddedAwsOptions): Promise<EmbeddedAws> {
  const { dynamodb = 0, sqsAndS3 = 0 } = ports;
  const thread = new Worker(new URL(`embeddedAwsThread${extname(import.meta.url)}`, import.meta.url), {
    workerData: { dataDir, ports: { dynamodb, sqsAndS3 } },
  });
  const exited = new Promise<void>((resolve) => {
    thread.once('exit', () => {
      resolve();
    });
  });
  const failed = Promise.withResolvers<never>();
  thread.once('error', (error) => {
    failed.reject(new EmbeddedAwsError(`the embedded AWS ended: ${messages(error)}`, { cause: error }));
  });

  const received = await Promise.race([once(thread, 'message'), failed.promise]);
  const opened = report.parse(received.at(0));
  if ('failure' in opened) {
    await exited;
    throw new EmbeddedAwsError(opened.failure);
  }
  let closing: Promise<void> | undefined;
  failed.promise.catch((error: unknown) => {
    if (closing === undefined && error instanceof EmbeddedAwsError) onFailure(error);
  });
  return { endpoints: opened.endpoints, close: () => (closing ??= close()) };

  async function close(): Promise<void> {
    thread.postMessage('close');
    await exited;
  }
}

/** The messages of an error and of its causes: LevelDB gives the reason in the last one. */
function messages(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${messages(error.cause)}`;
}

function throwUncaught(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
