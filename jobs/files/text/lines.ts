/** Splits text into lines of bounded length. */
import { PermanentError } from '../../../core/errors.ts';

/** The longest line, in characters, that a handler holds in memory. */
const maxLineLength = 1024 ** 2;

export interface Line {
  /** 1 for the first. */
  readonly number: number;
  readonly text: string;
}

/**
 * Lines without their endings, `\n` or `\r\n`: all lines that end in a piece come together.
 *
 * @throws {PermanentError} for a line longer than `maxLineLength`.
 */
export async function* readLines(pieces: AsyncIterable<string>, uri: string): AsyncGenerator<readonly Line[], void, undefined> {
  let number = 0;
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    yield lines.map(lineOf);
    if (rest.length > maxLineLength) throw tooLong(number + 1);
  }
  if (rest !== '') yield [lineOf(rest)];

  function lineOf(line: string): Line {
    number += 1;
    if (line.length > maxLineLength) throw tooLong(number);
    return { number, text: line.endsWith('\r') ? line.slice(0, -1) : line };
  }

  function tooLong(lineNumber: number): PermanentError {
    return new PermanentError(`${uri}, line ${lineNumber}: is longer than ${maxLineLength} characters`);
  }
}
