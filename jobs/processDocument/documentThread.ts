/** Runs in a thread of its own, started by handler.ts: reads a PDF or a text, and measures it. */
import { createHash } from 'node:crypto';
import { PermanentError } from '../../core/errors.ts';
import type { Encoding } from '../files/text/encoding.ts';
import { openText } from '../files/text/openText.ts';
import { serveFile } from '../files/thread/serveFile.ts';
import { readPdf, type PdfLimits } from './readPdf.ts';
import { createTextMeter } from './textMeter.ts';

export interface DocumentParams extends PdfLimits {
  readonly encoding?: Encoding | undefined;
}

const magic = '%PDF-';
/** Viewers look for the header within so many bytes; a mail program or a server may have left text before it. */
const headBytes = 1024;
/** More messages about one file's damage are of no use. */
const maxDamages = 20;

await serveFile<DocumentParams>(async ({ uri, params, chunks, write, progress }) => {
  const meter = createTextMeter();
  const hash = createHash('sha256');
  let bytes = 0;
  const damage: string[] = [];
  const { isPdf, content } = await recognise(measured(), uri);
  let encoding: Encoding | undefined;
  if (isPdf) {
    const source = {
      ...params,
      uri,
      bytes: await whole(content),
      damaged: (what: string) => damage.length < maxDamages && damage.push(what),
    };
    for await (const { number, pages, text } of readPdf(source)) {
      // In the whole text, pages are separated by form feeds.
      await emit(number === 1 ? text : `\f${text}`);
      progress((100 * number) / pages);
    }
  } else {
    const isTold = params.encoding !== undefined;
    const text = await openText(content, { uri: isTold ? uri : `${uri} is neither a PDF nor UTF-8 text`, encoding: params.encoding });
    encoding = text.encoding;
    for await (const piece of text.pieces) await emit(piece);
  }
  const result = { kind: isPdf ? 'pdf' : 'text', ...meter.measures(), bytes, sha256: hash.digest('hex'), damage };
  return encoding === undefined ? result : { ...result, encoding };

  async function* measured(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      yield chunk;
    }
  }

  async function emit(text: string): Promise<void> {
    meter.add(text);
    await write(text);
  }
});

interface Recognised {
  readonly isPdf: boolean;
  readonly content: AsyncIterable<Uint8Array>;
}

/** By the first bytes, not only by the name: a file named .pdf without them was probably meant to be one. */
async function recognise(chunks: AsyncGenerator<Uint8Array, void, undefined>, uri: string): Promise<Recognised> {
  let head = Buffer.alloc(0);
  while (head.byteLength < headBytes) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const beginning = head.subarray(0, headBytes).toString('latin1');
  const isMeantAsPdf = uri.toLowerCase().endsWith('.pdf');
  const isPdf = beginning.trimStart().startsWith(magic) || (isMeantAsPdf && beginning.includes(magic));
  if (!isPdf && isMeantAsPdf) throw new PermanentError(`${uri} is named .pdf but is not a PDF`);
  async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
    if (head.byteLength > 0) yield head;
    yield* chunks;
  }
  return { isPdf, content: content() };
}

async function whole(content: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(Buffer.concat(await Array.fromAsync(content, (chunk) => new Uint8Array(chunk))));
}
