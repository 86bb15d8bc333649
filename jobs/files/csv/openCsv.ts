/** A CSV file opened as a table: its columns, then rows with a cell for each. */
import { PermanentError } from '../../../core/errors.ts';
import type { OpenedText } from '../text/openText.ts';
import { createCsvParser, type CsvRow } from './csvParser.ts';
import { findDelimiter, isWithEmptyEnd } from './delimiter.ts';

export interface CsvOptions {
  /** Guessed where it is absent. */
  readonly delimiter?: string | undefined;
  /** Without headers, the columns are `column_1`, `column_2`, … */
  readonly headers: boolean;
}

/** Deviations from the format that were accepted: nothing is lost by them, and all are counted. */
export interface Tolerated {
  readonly blankLines: number;
  readonly looseQuotes: number;
  /** Rows with empty fields after the last column. */
  readonly emptyLastFields: number;
  readonly endMarks: number;
}

export interface OpenedCsv {
  /** Undefined for an empty file. */
  readonly columns: readonly string[] | undefined;
  readonly delimiter: string;
  readonly rows: AsyncGenerator<readonly CsvRow[], void, undefined>;
  /** Known once all rows have been read. */
  readonly tolerated: () => Tolerated;
}

const sampleLength = 64 * 1024;
const maxNameLength = 1000;

/**
 * Rows are arrays, not objects: a column may be called `__proto__`.
 *
 * @throws {PermanentError} with the line, for rows that are too short or too long, quotes that cannot be interpreted, a column
 * name used twice.
 */
export async function openCsv({ pieces, endMarks }: OpenedText, uri: string, options: CsvOptions): Promise<OpenedCsv> {
  let head = '';
  let isWhole = false;
  while (head.length < sampleLength && !isWhole) {
    const next = await pieces.next();
    if (next.done === true) isWhole = true;
    else head += next.value;
  }
  const found = findDelimiter(head, isWhole);
  const delimiter = options.delimiter ?? found.delimiter;
  const parser = createCsvParser({ uri, delimiter, firstLine: found.skip > 0 ? 2 : 1 });
  let emptyLastFields = 0;
  let ready = parser.push(head.slice(found.skip));
  while (ready.length === 0 && !isWhole) ready = await more();
  if (ready.length === 0) ready = parser.end();
  const [first] = ready;
  const columns = first === undefined ? undefined : columnsOf(first, uri, options.headers);
  return {
    columns,
    delimiter,
    rows: rows(),
    tolerated: () => ({ blankLines: parser.blankLines(), looseQuotes: parser.looseQuotes(), emptyLastFields, endMarks: endMarks() }),
  };

  async function more(): Promise<readonly CsvRow[]> {
    const next = await pieces.next();
    if (next.done !== true) return parser.push(next.value);
    isWhole = true;
    return parser.end();
  }

  async function* rows(): AsyncGenerator<readonly CsvRow[], void, undefined> {
    if (columns === undefined) return;
    yield fitted(options.headers ? ready.slice(1) : ready, columns);
    ready = [];
    while (!isWhole) yield fitted(await more(), columns);
    yield fitted(parser.end(), columns);
  }

  function fitted(batch: readonly CsvRow[], names: readonly string[]): readonly CsvRow[] {
    if (batch.every(({ cells }) => cells.length === names.length)) return batch;
    return batch.map((row) => {
      if (row.cells.length === names.length) return row;
      if (!isWithEmptyEnd(row.cells, names.length)) throw uneven(row, names, uri);
      emptyLastFields += 1;
      return { line: row.line, cells: row.cells.slice(0, names.length) };
    });
  }
}

function columnsOf({ cells, line }: CsvRow, uri: string, headers: boolean): readonly string[] {
  if (!headers) return cells.map((_, index) => `column_${index + 1}`);
  const names = new Set<string>();
  for (const name of cells) {
    if (name.length > maxNameLength)
      throw new PermanentError(`${uri}, line ${line}: a column's name is longer than ${maxNameLength} characters`);
    if (names.has(name)) throw new PermanentError(`${uri}, line ${line}: has two columns named ${JSON.stringify(name)}`);
    names.add(name);
  }
  return cells;
}

function uneven({ line, cells }: CsvRow, names: readonly string[], uri: string): PermanentError {
  const missing = names[cells.length];
  const problem =
    missing === undefined
      ? `what comes after ${JSON.stringify(names.at(-1))} belongs to no column`
      : `there is nothing for ${JSON.stringify(missing)}`;
  return new PermanentError(`${uri}, line ${line}: has ${cells.length} fields where the columns are ${names.length}: ${problem}`);
}
