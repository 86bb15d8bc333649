/** A file opened as text: its encoding, and its pieces. */
import { PermanentError } from '../../../core/errors.ts';
import { createDecoder } from './decoder.ts';
import { byteOrderMark, guessEncoding, type Encoding } from './encoding.ts';

export interface OpenedText {
  readonly encoding: Encoding;
  /** Without byte order mark, and without the Ctrl-Z of DOS at the end. */
  readonly pieces: AsyncGenerator<string, void, undefined>;
  /** The number of Ctrl-Z characters left out at the end; known once all pieces are read. */
  readonly endMarks: () => number;
}

interface TextOptions {
  /** The beginning of error messages. */
  readonly uri: string;
  /** Guessed where it is absent. */
  readonly encoding?: Encoding | undefined;
}

const sampleBytes = 64 * 1024;

/**
 * A chunk is not used again once the next was asked for.
 *
 * @throws {PermanentError} for bytes that are not of the encoding, and for NUL, which is not text; also while reading.
 */
export async function openText(chunks: AsyncIterable<Uint8Array>, { uri, encoding: told }: TextOptions): Promise<OpenedText> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  for (let length = 0; length < sampleBytes; length += first.at(-1)?.byteLength ?? 0) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(new Uint8Array(next.value));
  }
  const head = Buffer.concat(first);
  const encoding = told ?? guessEncoding(head.subarray(0, sampleBytes));
  const hint = told === undefined ? '; where the text is in another encoding, name it in the param encoding' : '';
  let endMarks = 0;
  return { encoding, pieces: pieces(), endMarks: () => endMarks };

  async function* pieces(): AsyncGenerator<string, void, undefined> {
    const decode = createDecoder({ uri, encoding, hint });
    let held = '';
    for await (const chunk of content()) {
      const text = held + decode(chunk);
      const end = endOfText(text);
      held = text.slice(end);
      if (held.length > sampleBytes) throw new PermanentError(`${uri}: ends with thousands of Ctrl-Z characters (byte 0x1A)`);
      if (end > 0) yield text.slice(0, end);
    }
    const text = held + decode();
    const end = endOfText(text);
    endMarks = text.slice(end).replaceAll(/[\r\n]/g, '').length;
    if (end > 0) yield text.slice(0, end);
  }

  async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
    const rest = head.subarray(byteOrderMark(head, encoding).length);
    if (rest.byteLength > 0) yield rest;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  }
}

/** The position before the Ctrl-Z characters at the end, and the line ends among and after them; else the whole length. */
function endOfText(text: string): number {
  let end = text.length;
  let first = -1;
  for (; end > 0; end -= 1) {
    const character = text[end - 1];
    if (character === '\x1a') first = end - 1;
    else if (character !== '\n' && character !== '\r') break;
  }
  return first === -1 ? text.length : first;
}
