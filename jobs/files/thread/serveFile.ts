/** The thread's side of work on a file: called by each `…Thread.ts`, with the messages between it and workInThread.ts. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { PermanentError } from '../../../core/errors.ts';
import type { JsonValue } from '../../../core/job.ts';

/** `pull` asks for the next chunk of the source; `output` waits until it is accepted. Each is answered by one `Answer`. */
export type Message =
  | { readonly kind: 'pull' }
  | { readonly kind: 'output'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'progress'; readonly percent: number }
  | { readonly kind: 'done'; readonly result: JsonValue }
  | { readonly kind: 'refused'; readonly message: string };

/** To `pull`: a chunk, or none at the end of the source. To `output`: accepted. */
export interface Answer {
  readonly chunk?: Uint8Array<ArrayBuffer> | undefined;
}

/** The thread's input. */
export interface FileWork<Params> {
  /** The source's uri, for error messages; the thread itself cannot read it. */
  readonly uri: string;
  readonly params: Params;
}

export interface FileDesk<Params> extends FileWork<Params> {
  /** Each chunk is valid until the next is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** The text is sent in batches; the promise waits while the other side is busy. */
  write(text: string): Promise<void>;
  progress(percent: number): void;
}

/** All of a thread's work: its result is JSON; a PermanentError in it becomes one outside, too. */
export async function serveFile<Params>(work: (desk: FileDesk<Params>) => Promise<JsonValue>): Promise<void> {
  const given: unknown = workerData;
  if (isMainThread || parentPort === null || !isFileWork<Params>(given)) return;
  const port = parentPort;
  // The thread has no reason to load modules; code that tries cannot.
  Reflect.deleteProperty(globalThis, 'fetch');
  const encoder = new TextEncoder();
  let batch = '';
  let answered: (answer: Answer) => void = () => {};
  port.on('message', (answer: Answer) => answered(answer));
  /** One message at a time: the last output may not be answered yet. */
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
      // Freed at once: memory outside the heap seldom triggers a garbage collection, and a file has much of it.
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

/** The caller that starts the thread has checked the params against its type. */
function isFileWork<Params>(data: unknown): data is FileWork<Params> {
  return typeof data === 'object' && data !== null && 'uri' in data && 'params' in data;
}
