/** `process_document`: a PDF or a text file: its pages, words, checksum and text. */
import { createHash } from 'node:crypto';
import { PermanentError } from '../../core/errors.ts';
import { defineHandler } from '../../core/handler.ts';
import { createSlots } from '../files/slots.ts';
import { decodeText } from '../files/text.ts';
import { readPdf } from './readPdf.ts';
import { createTextMeter, type TextMeter } from './textMeter.ts';
import { processDocument } from './type.ts';

/** A PDF is held in memory while it is read: a worker does not do so for each job it runs, but for four at a time. */
const slots = createSlots(4);

/** Within the whole text a form feed stands between two pages. */
export const handler = defineHandler(processDocument, ({ source, output }, { objects, signal, progress }) =>
  slots.use(signal, async () => {
    const meter = createTextMeter();
    const hash = createHash('sha256');
    let bytes = 0;
    async function* measured(): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of objects.read(source, { signal })) {
        hash.update(chunk);
        bytes += chunk.byteLength;
        yield chunk;
      }
    }
    const { kind, content } = await recognise(measured(), source);
    const texts =
      kind === 'pdf'
        ? pdfTexts(await whole(content, source), { uri: source, signal, progress })
        : plainTexts(decodeText(content, unreadable(source)), source);
    const checked = metered(texts, meter);
    if (output === undefined) await drained(checked);
    else await objects.write(output, checked, { contentType: 'text/plain; charset=utf-8', signal });
    const result = { kind, ...meter.measures(), bytes, sha256: hash.digest('hex') };
    return output === undefined ? result : { ...result, output };
  }),
);

type Recognised = { readonly kind: 'pdf' | 'text'; readonly content: AsyncIterable<Uint8Array> };

/** By the first bytes, not by the name; but what is named .pdf and is none was meant to be one. */
async function recognise(chunks: AsyncGenerator<Uint8Array, void, undefined>, source: string): Promise<Recognised> {
  const magic = '%PDF-';
  let head = Buffer.alloc(0);
  while (head.byteLength < magic.length) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const isPdf = head.subarray(0, magic.length).toString('latin1') === magic;
  if (!isPdf && source.toLowerCase().endsWith('.pdf')) {
    await chunks.return();
    throw new PermanentError(`${source} is named .pdf but is not a PDF`);
  }
  async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
    if (head.byteLength > 0) yield head;
    yield* chunks;
  }
  return { kind: isPdf ? 'pdf' : 'text', content: content() };
}

/** @throws {PermanentError} for a PDF whose end is missing: pdf.js would read what is left of it and say nothing. */
async function whole(content: AsyncIterable<Uint8Array>, source: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks = await Array.fromAsync(content);
  // Copied, since a small Buffer shares its memory with others and could not be transferred.
  const bytes = new Uint8Array(Buffer.concat(chunks));
  // Where readers look for it, after ISO 32000's implementation notes.
  const tail = Buffer.from(bytes.subarray(-1024)).toString('latin1');
  if (!tail.includes('%%EOF')) throw new PermanentError(`${source} is damaged: the end of the PDF is missing`);
  return bytes;
}

async function* pdfTexts(
  bytes: Uint8Array<ArrayBuffer>,
  { uri, signal, progress }: { readonly uri: string; readonly signal: AbortSignal; progress(percent: number): void },
): AsyncGenerator<string, void, undefined> {
  for await (const { number, pages, text } of readPdf(bytes, { uri, signal })) {
    // A page's own form feeds would count as pages.
    const page = text.replaceAll('\f', '\n');
    yield number === 1 ? page : `\f${page}`;
    progress((100 * number) / pages);
  }
}

/** UTF-16 and many binary formats are valid UTF-8 by chance, but have zero bytes. */
async function* plainTexts(texts: AsyncIterable<string>, source: string): AsyncGenerator<string, void, undefined> {
  for await (const text of texts) {
    if (text.includes('\0')) throw new PermanentError(unreadable(source));
    yield text;
  }
}

function unreadable(source: string): string {
  return `${source} is neither a PDF nor UTF-8 text`;
}

async function* metered(texts: AsyncIterable<string>, meter: TextMeter): AsyncGenerator<string, void, undefined> {
  for await (const text of texts) {
    meter.add(text);
    yield text;
  }
}

async function drained(texts: AsyncIterable<string>): Promise<void> {
  for await (const _ of texts);
}
