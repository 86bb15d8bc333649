/** Finds the delimiter of a CSV: named by its first line, or guessed from its first rows. */
import { createCsvParser, type CsvRow } from './csvParser.ts';

/** The first of these where two fit equally well. */
export const delimiters = [',', ';', '\t', '|'] as const;

/** Excel's own line: `sep=;`. */
const separatorLine = /^sep=([^\r\n"])(?:\r\n|\n|\r|$)/i;

interface FoundDelimiter {
  readonly delimiter: string;
  /** The characters of a line that names the delimiter; it is no row. */
  readonly skip: number;
}

/** @param head The beginning of the text. */
export function findDelimiter(head: string, isWhole: boolean): FoundDelimiter {
  const [separator = '', told] = separatorLine.exec(head) ?? [];
  if (told !== undefined) return { delimiter: told, skip: separator.length };
  const scores = delimiters.map((delimiter) => ({ delimiter, ...scoreOf(sampleOf(head, delimiter, isWhole)) }));
  const [best] = scores.toSorted((a, b) => b.quotes - a.quotes || b.even - a.even || b.width - a.width);
  return { delimiter: best === undefined || best.even === 0 ? ',' : best.delimiter, skip: 0 };
}

const maxRows = 100;

interface Sample {
  readonly rows: readonly CsvRow[];
  /** Every quote encloses a cell, or is doubled in one. */
  readonly isQuotedWell: boolean;
}

/** The complete rows in the head, up to an error, which is reported when the text is read. */
function sampleOf(head: string, delimiter: string, isWhole: boolean): Sample {
  const parser = createCsvParser({ uri: '', delimiter });
  const rows: CsvRow[] = [];
  try {
    for (let from = 0; from < head.length && rows.length < maxRows; from += pieceLength) {
      rows.push(...parser.push(head.slice(from, from + pieceLength)));
    }
    if (isWhole && rows.length < maxRows) rows.push(...parser.end());
  } catch {
    // The rows before the error are used.
    return { rows: rows.slice(0, maxRows), isQuotedWell: false };
  }
  return { rows: rows.slice(0, maxRows), isQuotedWell: parser.looseQuotes() === 0 };
}

const pieceLength = 8 * 1024;

interface Score {
  /** Of a delimiter that divides the header: 2 where all quotes fit to it, 1 where some do not. */
  readonly quotes: number;
  /** The number of rows as wide as the first one. */
  readonly even: number;
  readonly width: number;
}

function scoreOf({ rows, isQuotedWell }: Sample): Score {
  const width = rows[0]?.cells.length ?? 0;
  if (width < 2) return { quotes: 0, even: 0, width };
  const even = rows.filter(({ cells }) => cells.length === width || isWithEmptyEnd(cells, width)).length;
  return { quotes: isQuotedWell ? 2 : 1, even, width };
}

/** A row with extra delimiters at its end. */
export function isWithEmptyEnd(cells: readonly string[], width: number): boolean {
  for (let index = width; index < cells.length; index += 1) if (cells[index] !== '') return false;
  return cells.length > width;
}
