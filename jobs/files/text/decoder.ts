/** Decodes bytes, chunk by chunk; bytes that are not of the encoding are refused, with their position and line. */
import { PermanentError } from '../../../core/errors.ts';
import type { Encoding } from './encoding.ts';

interface DecoderOptions {
  readonly uri: string;
  readonly encoding: Encoding;
  /** The end of the message that refuses a byte. */
  readonly hint: string;
}

/** A chunk returns the text of its complete characters; call it without a chunk at the end. */
export function createDecoder({ uri, encoding, hint }: DecoderOptions): (chunk?: Uint8Array) => string {
  const decode = decodeWhole(encoding);
  let bytesBefore = 0;
  let linesBefore = 0;
  /** The first bytes of a character that continues in the next chunk. */
  let pending: Uint8Array = new Uint8Array();

  return (chunk) => {
    const bytes = pending.byteLength === 0 || chunk === undefined ? (chunk ?? pending) : Buffer.concat([pending, chunk]);
    const whole = chunk === undefined ? bytes.byteLength : wholeCharacters(bytes, encoding);
    pending = new Uint8Array(bytes.subarray(whole));
    const text = decode(bytes.subarray(0, whole)) ?? refuse(bytes.subarray(0, whole));
    const nul = text.indexOf('\0');
    if (nul !== -1) throw new PermanentError(`${placeOf(text, nul)}: holds a NUL character (byte ${offsetOf(text, nul)}); it is no text`);
    bytesBefore += whole;
    linesBefore += lineEnds(text);
    return text;
  };

  function refuse(bytes: Uint8Array): never {
    const { text, index } = firstWrong(bytes, encoding);
    const offset = offsetOf(text, index);
    const byte = (bytes[offset - bytesBefore] ?? 0).toString(16).toUpperCase().padStart(2, '0');
    throw new PermanentError(`${placeOf(text, index)}: byte 0x${byte} (at ${offset}) is not ${encoding.toUpperCase()} text${hint}`);
  }

  function placeOf(text: string, index: number): string {
    return `${uri}, line ${1 + linesBefore + lineEnds(text.slice(0, index))}`;
  }

  /** Counted from the beginning of the file. */
  function offsetOf(text: string, index: number): number {
    return bytesBefore + byteLength(text.slice(0, index), encoding);
  }
}

/** The number of bytes of a decoded text: a character has as many bytes as it came from. */
function byteLength(text: string, encoding: Encoding): number {
  if (encoding === 'utf-8') return Buffer.byteLength(text);
  return encoding === 'utf-16le' || encoding === 'utf-16be' ? 2 * text.length : text.length;
}

/** Undefined for bytes that are not of the encoding. */
function decodeWhole(encoding: Encoding): (bytes: Uint8Array) => string | undefined {
  // On the web, latin1 means windows-1252; here it is ISO 8859-1.
  if (encoding === 'latin1') return (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  return (bytes) => {
    try {
      const text = decoder.decode(bytes);
      return encoding === 'windows-1252' && unassigned.test(text) ? undefined : text;
    } catch {
      return undefined;
    }
  };
}

/** The bytes without a character in windows-1252. */
const unassigned = /[\x81\x8d\x8f\x90\x9d]/;

/** Decoded once more, leniently: U+FFFD then marks what is wrong, unless the text contained it. */
function firstWrong(bytes: Uint8Array, encoding: Encoding): { readonly text: string; readonly index: number } {
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  if (encoding === 'windows-1252') return { text, index: text.search(unassigned) };
  const written = { 'utf-8': 'efbfbd', 'utf-16le': 'fdff', 'utf-16be': 'fffd', latin1: '' }[encoding];
  let offset = 0;
  let from = 0;
  for (;;) {
    const index = text.indexOf('\uFFFD', from);
    if (index === -1) return { text, index: text.length };
    offset += byteLength(text.slice(from, index), encoding);
    if (Buffer.from(bytes.subarray(offset, offset + written.length / 2)).toString('hex') !== written) return { text, index };
    offset += written.length / 2;
    from = index + 1;
  }
}

/** Without the bytes of an incomplete last character. */
function wholeCharacters(bytes: Uint8Array, encoding: Encoding): number {
  const length = bytes.byteLength;
  if (encoding === 'utf-16le' || encoding === 'utf-16be') {
    const even = length - (length % 2);
    const high = bytes[even - (encoding === 'utf-16le' ? 1 : 2)] ?? 0;
    return high >= 0xd8 && high < 0xdc ? even - 2 : even;
  }
  if (encoding !== 'utf-8') return length;
  for (let back = 1; back <= Math.min(3, length); back += 1) {
    const byte = bytes[length - back] ?? 0;
    if (byte < 0x80) return length;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? length - back : length;
  }
  return length;
}

/** Old Macs end lines with a carriage return only. */
function lineEnds(text: string): number {
  return count(text, '\n') || count(text, '\r');
}

function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) found += 1;
  return found;
}
