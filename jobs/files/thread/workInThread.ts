/**
 * Works on a stranger's file in a thread of its own, with bounds on memory and time. A parser's work on a file is synchronous
 * and may take long: in the worker's own thread it would delay the heartbeats of all other jobs, and no signal could stop it.
 */
import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { z } from 'zod';
import { PermanentError } from '../../../core/errors.ts';
import type { HandlerContext } from '../../../core/handler.ts';
import type { Answer, FileWork, Message } from './serveFile.ts';

/** What a file may use of the worker before it counts as a bomb. */
export interface ThreadBounds {
  /** JavaScript's heap of the thread. */
  readonly maxHeapMb: number;
  /** Memory outside the heap, such as unpacked streams; twice the bytes that the thread was given are added. */
  readonly maxBufferMb: number;
  /** The longest time between two messages of the thread, while it does not wait. */
  readonly maxStepMs: number;
}

export interface ThreadWork<Result extends z.ZodType, Taken> {
  /** A module that calls `serveFile`. */
  readonly module: URL;
  readonly source: string;
  /** Receives what the thread writes; the thread waits while it is busy. */
  readonly take: (pieces: AsyncIterable<Uint8Array>) => Promise<Taken>;
  readonly params: unknown;
  readonly result: Result;
  readonly bounds: ThreadBounds;
  readonly context: Pick<HandlerContext, 'objects' | 'signal'>;
  /** Percent of the bytes read. */
  readonly readProgress?: ((percent: number) => void) | undefined;
  /** As the thread reports it. */
  readonly workProgress?: ((percent: number) => void) | undefined;
}

/** @throws {PermanentError} for a file that the thread refuses, or that exceeds the bounds. On abort the thread ends at once. */
export async function workInThread<Result extends z.ZodType, Taken>(
  work: ThreadWork<Result, Taken>,
): Promise<{ readonly result: z.output<Result>; readonly taken: Taken }> {
  let result: unknown;
  const taken = await work.take(outputsOf(work, (value) => (result = value)));
  return { result: work.result.parse(result), taken };
}

const watchEveryMs = 100;
const MiB = 1024 ** 2;

async function* outputsOf<Result extends z.ZodType, Taken>(
  { module, source, params, bounds, context: { objects, signal }, readProgress, workProgress }: ThreadWork<Result, Taken>,
  done: (result: unknown) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  signal.throwIfAborted();
  const thread = startThread(module, { uri: source, params }, bounds);
  const chunks = objects.read(source, { signal, progress: readProgress });
  const watch = watchThread(thread, source, bounds);
  let isDone = false;
  const answer = (reply: Answer): void => {
    watch.expect(reply.chunk?.byteLength ?? 0);
    if (reply.chunk === undefined) thread.postMessage(reply);
    else thread.postMessage(reply, [reply.chunk.buffer]);
  };
  try {
    const until = AbortSignal.any([signal, watch.overstepped]);
    const messages: AsyncIterable<Message[]> = on(thread, 'message', { signal: until, close: ['exit'] });
    for await (const [message] of messages) {
      switch (message?.kind) {
        case 'pull': {
          watch.pause();
          const next = await chunks.next();
          answer({ chunk: next.done === true ? undefined : movable(next.value) });
          break;
        }
        case 'output':
          watch.pause();
          yield message.bytes;
          // Freed at once: memory outside the heap seldom triggers a garbage collection, and an output has much of it.
          message.bytes.buffer.transfer(0);
          answer({});
          break;
        case 'progress':
          watch.expect(0);
          workProgress?.(message.percent);
          break;
        case 'done':
          isDone = true;
          done(message.result);
          break;
        case 'refused':
          throw new PermanentError(message.message);
        case undefined:
          break;
      }
    }
    if (!isDone) throw new Error(`${source}: the thread that worked on it ended too early`);
  } catch (error) {
    if (watch.overstepped.aborted) throw watch.overstepped.reason;
    if (!isOutOfMemory(error)) throw error;
    throw new PermanentError(`${source} takes more than ${bounds.maxHeapMb} MiB of memory to read`, { cause: error });
  } finally {
    watch.stop();
    await thread.terminate();
    await chunks.return();
  }
}

/** It gets no environment variables, so no credentials. */
function startThread(module: URL, work: FileWork<unknown>, { maxHeapMb }: ThreadBounds): Worker {
  return new Worker(module, {
    name: 'file',
    workerData: work,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: 8 },
    env: {},
    execArgv: [],
    // Not read: a parser's messages about a file do not belong in the worker's log.
    stdout: true,
    stderr: true,
  });
}

/** Fires `overstepped` when the thread takes too long for a step or too much memory outside its heap. */
function watchThread(thread: Worker, source: string, { maxBufferMb, maxStepMs }: ThreadBounds) {
  const overstepped = new AbortController();
  let stepFrom: number | undefined = performance.now();
  let givenBytes = 0;
  const timer = setInterval(() => void inspect(), watchEveryMs);
  const stop = (): void => clearInterval(timer);
  // A separate listener: an error after the iterator's end would end the whole process.
  thread.on('error', stop);
  thread.on('exit', stop);
  async function inspect(): Promise<void> {
    if (stepFrom !== undefined && performance.now() - stepFrom > maxStepMs) {
      overstepped.abort(new PermanentError(`${source} takes longer than ${maxStepMs} ms for one step of the work on it`));
    }
    // Answered even by a busy loop; rejected once the thread has ended, which is known by then.
    const { external_memory: buffers } = await thread.getHeapStatistics().catch(() => ({ external_memory: 0 }));
    if (buffers > maxBufferMb * MiB + 2 * givenBytes) {
      overstepped.abort(new PermanentError(`${source} takes more than ${maxBufferMb} MiB of memory to unpack`));
    }
  }
  return {
    overstepped: overstepped.signal,
    stop,
    /** The thread is working. */
    expect(bytes: number): void {
      stepFrom = performance.now();
      givenBytes += bytes;
    },
    /** The thread waits. */
    pause(): void {
      stepFrom = undefined;
    },
  };
}

/** Moved without a copy, where it has its memory to itself; otherwise copied, since moving would take the others' memory along. */
function movable(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = chunk;
  const isAlone = buffer instanceof ArrayBuffer && byteLength === buffer.byteLength;
  return isAlone ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(chunk);
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
