/** The text of a PDF, page by page, read in a thread that can be ended at any moment. */
import { on } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PermanentError } from '../../core/errors.ts';

export interface PdfPage {
  /** 1 for the first. */
  readonly number: number;
  readonly pages: number;
  readonly text: string;
}

/** What the thread gets, and what it posts. */
export interface PdfJob extends PdfLimits {
  readonly bytes: Uint8Array<ArrayBuffer>;
}
export type PdfMessage = PdfPage | { readonly refused: string };

interface PdfLimits {
  readonly maxPages: number;
  readonly maxCharacters: number;
}

/** What a PDF may take of the worker before it counts as a bomb. */
export interface PdfBounds extends PdfLimits {
  /** JavaScript's heap of the thread. */
  readonly maxHeapMb: number;
  /** Decompressed streams lie outside of the heap; the PDF's own bytes are counted too. */
  readonly maxBufferMb: number;
  readonly maxPageMs: number;
}

export const pdfBounds: PdfBounds = {
  maxPages: 5000,
  maxCharacters: 10_000_000,
  maxHeapMb: 512,
  maxBufferMb: 256,
  maxPageMs: 60_000,
};

const watchEveryMs = 100;

/**
 * Parsing is synchronous and may take seconds a page: in the worker's own thread it would hold up the heartbeats of
 * all other jobs, and no signal could stop it. The thread has no environment variables, so no credentials.
 *
 * @param bytes are transferred: the caller's array is empty afterwards.
 * @throws {PermanentError} for what is encrypted, damaged or out of bounds. On abort it ends at once.
 */
export async function* readPdf(
  bytes: Uint8Array<ArrayBuffer>,
  { uri, signal, bounds = pdfBounds }: { readonly uri: string; readonly signal: AbortSignal; readonly bounds?: PdfBounds },
): AsyncGenerator<PdfPage, void, undefined> {
  signal.throwIfAborted();
  const { maxPages, maxCharacters, maxHeapMb } = bounds;
  const ownMb = Math.ceil(bytes.byteLength / 1024 ** 2);
  const thread = new Worker(new URL(`./pdfThread${extname(import.meta.url)}`, import.meta.url), {
    name: 'pdf',
    workerData: { bytes, maxPages, maxCharacters } satisfies PdfJob,
    transferList: [bytes.buffer],
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    env: {},
    execArgv: [],
    // Unread: what pdf.js has to say about a font is not for the worker's log.
    stdout: true,
    stderr: true,
  });
  const overstepped = new AbortController();
  let lastPageAt = performance.now();
  let pagesLeft: number | undefined;
  const watch = setInterval(() => void inspect(), watchEveryMs);
  // When the thread posted it, not when the reader got to it.
  thread.on('message', () => void (lastPageAt = performance.now()));
  // One more listener than the iterator's: an error that comes after it would end the whole process.
  thread.on('error', () => clearInterval(watch));
  thread.on('exit', () => clearInterval(watch));
  async function inspect(): Promise<void> {
    if (performance.now() - lastPageAt > bounds.maxPageMs) {
      overstepped.abort(new PermanentError(`${uri} takes longer than ${bounds.maxPageMs} ms for a page`));
    }
    // Answered in the middle of a busy loop too; rejected once the thread has ended, which is no news.
    const { external_memory: buffers } = await thread.getHeapStatistics().catch(() => ({ external_memory: 0 }));
    if (buffers > (bounds.maxBufferMb + 2 * ownMb) * 1024 ** 2) {
      overstepped.abort(new PermanentError(`${uri} takes more than ${bounds.maxBufferMb} MiB of memory to unpack`));
    }
  }
  try {
    const until = AbortSignal.any([signal, overstepped.signal]);
    const messages: AsyncIterable<unknown[]> = on(thread, 'message', { signal: until, close: ['exit'] });
    for await (const [message] of messages) {
      if (!isPdfMessage(message)) continue;
      if ('refused' in message) throw new PermanentError(`${uri} ${message.refused}`);
      pagesLeft = message.pages - message.number;
      yield message;
    }
    if (pagesLeft !== 0) throw new Error(`${uri}: the thread that read it ended too early`);
  } catch (error) {
    if (overstepped.signal.aborted) throw overstepped.signal.reason;
    if (!isOutOfMemory(error)) throw error;
    throw new PermanentError(`${uri} takes more than ${maxHeapMb} MiB of memory to read`, { cause: error });
  } finally {
    clearInterval(watch);
    await thread.terminate();
  }
}

function isPdfMessage(message: unknown): message is PdfMessage {
  return typeof message === 'object' && message !== null && ('refused' in message || 'text' in message);
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
