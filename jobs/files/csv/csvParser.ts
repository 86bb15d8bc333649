/** Parses CSV text as people and programs write it: RFC 4180, and quotes that deviate from it. */
import { PermanentError } from '../../../core/errors.ts';

export interface CsvRow {
  /** The line the row begins on; 1 is the first. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvParser {
  /** The rows that end in this piece. */
  push(piece: string): readonly CsvRow[];
  /** The last row of the text, if it has no line end. */
  end(): readonly CsvRow[];
  /** Empty rows, or rows of spaces only, which are skipped. */
  blankLines(): number;
  /** Cells with a quote inside that does not enclose them (`5" pipe`), or with spaces around their quotes. */
  looseQuotes(): number;
}

interface CsvDialect {
  readonly uri: string;
  readonly delimiter: string;
  /** The line that the text begins on. */
  readonly firstLine?: number;
}

/** The longest row in characters, and the most cells of a row, that a handler holds in memory. Excel's sheets have as many columns. */
const maxRowLength = 1024 ** 2;
export const maxCells = 16_384;

const [quote, space, tab, lineFeed, carriageReturn] = [0x22, 0x20, 0x09, 0x0a, 0x0d];
/** The row continues after the text that is there. */
const unfinished = Symbol('unfinished');

/** @throws {PermanentError} from `push` and `end`, with the line, for quotes that cannot be interpreted and rows out of bounds. */
export function createCsvParser({ uri, delimiter, firstLine = 1 }: CsvDialect): CsvParser {
  const delimiterCode = delimiter.charCodeAt(0);
  let text = '';
  /** Where the next row begins. */
  let at = 0;
  let line = firstLine;
  let isLast = false;
  let blankLines = 0;
  let looseQuotes = 0;
  /** The line of a quote that was not closed in the text so far. */
  let openQuote = 0;
  const [quotes, delimiters, lineFeeds, returns] = [createFinder('"'), createFinder(delimiter), createFinder('\n'), createFinder('\r')];

  return {
    push: (piece) => parse(piece, false),
    end: () => parse('', true),
    blankLines: () => blankLines,
    looseQuotes: () => looseQuotes,
  };

  function parse(piece: string, last: boolean): readonly CsvRow[] {
    text = text.slice(at) + piece;
    at = 0;
    isLast = last;
    for (const finder of [quotes, delimiters, lineFeeds, returns]) finder.begin(text);
    const rows: CsvRow[] = [];
    while (at < text.length) {
      const begun = line;
      const cells = nextRow();
      if (cells === unfinished) {
        if (text.length - at > maxRowLength) throw tooLong();
        break;
      }
      if (cells === undefined) blankLines += 1;
      else if (cells.length > maxCells) throw refuse(begun, `has more than ${maxCells} fields`);
      else rows.push({ line: begun, cells });
    }
    return rows;
  }

  /** Undefined for a blank line. */
  function nextRow(): readonly string[] | undefined | typeof unfinished {
    const end = lineEnd(at);
    if (quotes.from(at) < end) return quotedRow();
    if (end === text.length && !isLast) return unfinished;
    const row = text.slice(at, end);
    if (row.length > maxRowLength) throw tooLong();
    const next = afterLineEnd(end);
    if (next === unfinished) return unfinished;
    at = next;
    line += 1;
    return isBlank(row) ? undefined : row.split(delimiter);
  }

  /** The end of the line at that position; the text's length where it has none. */
  function lineEnd(from: number): number {
    return Math.min(lineFeeds.from(from), returns.from(from));
  }

  /** The position after `\n`, `\r\n` or `\r`. Whether a `\r` is alone is known only with the next character. */
  function afterLineEnd(end: number): number | typeof unfinished {
    if (end === text.length) return end;
    if (text.charCodeAt(end) === lineFeed) return end + 1;
    if (end + 1 === text.length && !isLast) return unfinished;
    return text.charCodeAt(end + 1) === lineFeed ? end + 2 : end + 1;
  }

  function isBlank(row: string): boolean {
    const first = row.charCodeAt(0);
    if (row === '') return true;
    return (first === space || first === tab) && first !== delimiterCode && /^[ \t]*$/.test(row) && !row.includes(delimiter);
  }

  /** A row that has quotes, character by character. */
  function quotedRow(): readonly string[] | typeof unfinished {
    const cells: string[] = [];
    let from = at;
    let lines = 0;
    let loose = 0;
    for (;;) {
      const open = skipSpaces(from);
      let end: number;
      if (text.charCodeAt(open) === quote) {
        const closed = quotedCell(open, line + lines);
        if (closed === unfinished) return unfinished;
        end = skipSpaces(closed.end);
        if (end === text.length && !isLast) return unfinished;
        if (!isCellEnd(end)) throw refuse(line + lines + closed.lines, `text follows the quote that closes field ${cells.length + 1}`);
        if (open > from || end > closed.end) loose += 1;
        lines += closed.lines;
        cells.push(closed.cell);
      } else {
        end = Math.min(delimiters.from(open), lineEnd(open));
        if (end === text.length && !isLast) return unfinished;
        if (quotes.from(open) < end) loose += 1;
        cells.push(text.slice(from, end));
      }
      if (end - at > maxRowLength) throw tooLong();
      if (end < text.length && text.charCodeAt(end) === delimiterCode) {
        from = end + 1;
        continue;
      }
      const next = afterLineEnd(end);
      if (next === unfinished) return unfinished;
      at = next;
      line += lines + 1;
      looseQuotes += loose;
      return cells;
    }
  }

  /** From the quote on: the cell, the position after its closing quote, and the lines it spans. */
  function quotedCell(open: number, openLine: number) {
    let cell = '';
    let from = open + 1;
    for (;;) {
      const close = quotes.from(from);
      if (close === text.length && isLast) throw refuse(openLine, 'a quote opens here and is never closed');
      if (close + 1 >= text.length && !isLast) {
        openQuote = openLine;
        return unfinished;
      }
      cell += text.slice(from, close);
      if (text.charCodeAt(close + 1) !== quote) return { cell, end: close + 1, lines: lineEnd(open) < close ? lineEnds(open, close) : 0 };
      cell += '"';
      from = close + 2;
    }
  }

  function lineEnds(from: number, to: number): number {
    let count = 0;
    for (let index = from; index < to; index += 1) {
      const code = text.charCodeAt(index);
      if (code === lineFeed || (code === carriageReturn && text.charCodeAt(index + 1) !== lineFeed)) count += 1;
    }
    return count;
  }

  function skipSpaces(from: number): number {
    let index = from;
    for (; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if ((code !== space && code !== tab) || code === delimiterCode) break;
    }
    return index;
  }

  function isCellEnd(index: number): boolean {
    if (index >= text.length) return true;
    const code = text.charCodeAt(index);
    return code === delimiterCode || code === lineFeed || code === carriageReturn;
  }

  function tooLong(): PermanentError {
    const cause = openQuote >= line ? ` (a quote opens in line ${openQuote})` : '';
    return refuse(line, `the row is longer than ${maxRowLength} characters${cause}`);
  }

  function refuse(where: number, problem: string): PermanentError {
    return new PermanentError(`${uri}, line ${where}: ${problem}`);
  }
}

/** The next position of a character. It is searched only when the last one found was passed, so that no text is searched twice. */
function createFinder(character: string) {
  let text = '';
  let found = 0;
  return {
    begin(content: string): void {
      text = content;
      found = -1;
    },
    /** @param index Not before the last one. Returns the text's length where there is none. */
    from(index: number): number {
      if (found < index) {
        const next = text.indexOf(character, index);
        found = next === -1 ? text.length : next;
      }
      return found;
    },
  };
}
