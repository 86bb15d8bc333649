/** The thread's side of work on a file: what a `…Thread.ts` calls, and the messages between it and workInThread.ts. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { PermanentError } from '../../../core/errors.ts';
import type { JsonValue } from '../../../core/job.ts';

/** `pull` asks for the next chunk of the source; `output` waits until it is taken. Each is answered by one `Answer`. */
export type Message =
  | { readonly kind: 'pull' }
  | { readonly kind: 'output'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'progress'; readonly percent: number }
  | { readonly kind: 'done'; readonly result: JsonValue }
  | { readonly kind: 'refused'; readonly message: string };

/** To `pull`: a chunk, or none at the end of the source. To `output`: taken. */
export interface Answer {
  readonly chunk?: Uint8Array<ArrayBuffer> | undefined;
}

/** What the thread is given to do. */
export interface FileWork<Params> {
  /** The source's uri, to name it in errors; the thread itself can read nothing. */
  readonly uri: string;
  readonly params: Params;
}

export interface FileDesk<Params> extends FileWork<Params> {
  /** Each is there until the next is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** The text goes out in batches; the promise waits while the other side is busy. */
  write(text: string): Promise<void>;
  progress(percent: number): void;
}

/** A thread's whole work: its result is JSON; a PermanentError of it is one outside, too. */
export async function serveFile<Params>(work: (desk: FileDesk<Params>) => Promise<JsonValue>): Promise<void> {
  const given: unknown = workerData;
  if (isMainThread || parentPort === null || !isFileWork<Params>(given)) return;
  const port = parentPort;
  // Nothing here has a reason to load anything; should it find one, it cannot.
  Reflect.deleteProperty(globalThis, 'fetch');
  const encoder = new TextEncoder();
  let batch = '';
  let answered: (answer: Answer) => void = () => {};
  port.on('message', (answer: Answer) => answered(answer));
  /** One question at a time: the last output may still be on its way. */
  let last: Promise<Answer> = Promise.resolve({});

  async function ask(message: Message): Promise<void> {
    await last;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    answered = resolve;
    last = promise;
    if (message.kind === 'output') port.postMessage(message, [message.bytes.buffer]);
    else port.postMessage(message);
  }

  async function flush(): Promise<void> {
    const bytes = encoder.encode(batch);
    batch = '';
    await ask({ kind: 'output', bytes });
  }

  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      await ask({ kind: 'pull' });
      const { chunk } = await last;
      if (chunk === undefined) return;
      yield chunk;
      // Given back at once: memory outside of the heap is little reason for a collection, and a file has much of it.
      chunk.buffer.transfer(0);
    }
  }

  try {
    const result = await work({
      ...given,
      chunks: chunks(),
      async write(text) {
        batch += text;
        if (batch.length >= batchLength) await flush();
      },
      progress: (percent) => port.postMessage({ kind: 'progress', percent } satisfies Message),
    });
    if (batch !== '') await flush();
    await last;
    port.postMessage({ kind: 'done', result } satisfies Message);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    port.postMessage({ kind: 'refused', message: error.message } satisfies Message);
  } finally {
    port.close();
  }
}

const batchLength = 64 * 1024;

/** Whoever starts the thread holds the params against its type. */
function isFileWork<Params>(data: unknown): data is FileWork<Params> {
  return typeof data === 'object' && data !== null && 'uri' in data && 'params' in data;
}
