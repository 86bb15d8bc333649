/** Finds the encoding of a text from its first bytes. */

export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'latin1'] as const;
export type Encoding = (typeof encodings)[number];

const marks = { 'utf-8': [0xef, 0xbb, 0xbf], 'utf-16le': [0xff, 0xfe], 'utf-16be': [0xfe, 0xff] } as const;

/** The mark that the bytes begin with, if it is one of this encoding; else nothing. */
export function byteOrderMark(head: Uint8Array, encoding: Encoding): readonly number[] {
  const mark = encoding === 'windows-1252' || encoding === 'latin1' ? [] : marks[encoding];
  return mark.every((byte, index) => head[index] === byte) ? mark : [];
}

/**
 * By the byte order mark; without one, UTF-16 where the zeros of its characters show it, else UTF-8. Encodings with one byte
 * per character cannot be told apart and are never guessed.
 */
export function guessEncoding(head: Uint8Array): Encoding {
  const marked = encodings.find((encoding) => byteOrderMark(head, encoding).length > 0);
  if (marked !== undefined) return marked;
  const [even, odd] = [highBytes(head, 0), highBytes(head, 1)];
  if (odd.zeros > 0 && even.zeros === 0 && isUtf16(head, odd, 'utf-16le')) return 'utf-16le';
  if (even.zeros > 0 && odd.zeros === 0 && isUtf16(head, even, 'utf-16be')) return 'utf-16be';
  return 'utf-8';
}

interface HighBytes {
  readonly zeros: number;
  /** The share of bytes below 9, which are the high bytes of Latin, Greek, Cyrillic, Hebrew and Arabic characters. */
  readonly low: number;
}

function highBytes(bytes: Uint8Array, from: number): HighBytes {
  let zeros = 0;
  let low = 0;
  for (let index = from; index < bytes.length; index += 2) {
    if (bytes[index] === 0) zeros += 1;
    if ((bytes[index] ?? 0) < 9) low += 1;
  }
  return { zeros, low: low / Math.max(1, bytes.length / 2) };
}

/**
 * A stray NUL does not make it UTF-16. In UTF-16, half of the bytes are zeros, or (in Chinese) the bytes are no UTF-8 and line
 * ends have two bytes.
 */
function isUtf16(bytes: Uint8Array, { zeros, low }: HighBytes, encoding: 'utf-16le' | 'utf-16be'): boolean {
  const text = decoded(bytes.subarray(0, bytes.length - (bytes.length % 2)), encoding);
  if (text === undefined) return false;
  if (low >= 0.5) return true;
  return zeros >= bytes.length / 200 && /[\r\n]/.test(text) && decoded(bytes, 'utf-8') === undefined;
}

function decoded(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    // As a stream: the last character may continue after these bytes.
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}
