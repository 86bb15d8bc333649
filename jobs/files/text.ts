/** Text out of bytes: strict UTF-8, and lines of bounded length. */
import { PermanentError } from '../../core/errors.ts';

/**
 * A byte order mark at the beginning is left out.
 *
 * @throws {PermanentError} with `complaint` when the bytes are not UTF-8.
 */
export async function* decodeText(chunks: AsyncIterable<Uint8Array>, complaint: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (error) {
      throw new PermanentError(complaint, { cause: error });
    }
  };
  for await (const chunk of chunks) {
    const text = decode(chunk);
    if (text !== '') yield text;
  }
  const rest = decode();
  if (rest !== '') yield rest;
}

/** The longest line, in characters, that a handler holds in memory. */
export const maxLineLength = 1024 ** 2;

export interface Line {
  /** 1 for the first. */
  readonly number: number;
  readonly text: string;
}

/**
 * Lines without their endings, `\n` or `\r\n`.
 *
 * @throws {PermanentError} for a line longer than `maxLineLength`.
 */
export async function* readLines(texts: AsyncIterable<string>, uri: string): AsyncGenerator<Line, void, undefined> {
  let number = 0;
  let rest = '';
  for await (const text of texts) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield lineOf(line);
    if (rest.length > maxLineLength) throw tooLong(number + 1);
  }
  if (rest !== '') yield lineOf(rest);

  function lineOf(line: string): Line {
    number += 1;
    if (line.length > maxLineLength) throw tooLong(number);
    return { number, text: line.endsWith('\r') ? line.slice(0, -1) : line };
  }

  function tooLong(lineNumber: number): PermanentError {
    return new PermanentError(`${uri}, line ${lineNumber}: is longer than ${maxLineLength} characters`);
  }
}

/** Joins small strings to larger ones: what is written row by row need not travel row by row. */
export async function* inBatches(texts: AsyncIterable<string>, batchLength = 64 * 1024): AsyncGenerator<string, void, undefined> {
  let batch = '';
  for await (const text of texts) {
    batch += text;
    if (batch.length < batchLength) continue;
    yield batch;
    batch = '';
  }
  if (batch !== '') yield batch;
}
