/** The rows of a CSV file, one by one: a header, then rows with as many cells. */
import { pipeline } from 'node:stream/promises';
import { CsvError, parse, type Info } from 'csv-parse';
import { PermanentError } from '../../core/errors.ts';
import { maxLineLength } from './text.ts';

export interface CsvRow {
  /** The line the row ends on; 1 is the header's. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * The header comes first, as a row like the others; none comes from an empty file. Rows are arrays, not objects: a
 * column may be called `__proto__`.
 *
 * @throws {PermanentError} with the line, for uneven columns, bad quotes, a column named twice and rows that do not end.
 */
export async function* readRows(texts: AsyncIterable<string>, uri: string): AsyncGenerator<CsvRow, void, undefined> {
  const parser = parse({
    record_delimiter: ['\r\n', '\n', '\r'].map((ending) => Buffer.from(ending)),
    skip_empty_lines: true,
    max_record_size: maxLineLength,
    info: true,
  });
  // What goes wrong on the way in destroys the parser with the same error, and so comes out below.
  const fed = pipeline(texts, parser).catch(() => {});
  let isHeader = true;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: Info;
    }>) {
      const row = { line: info.lines, cells: record };
      if (isHeader) refuseDoubles(row, uri);
      isHeader = false;
      yield row;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const problem = error.message.replace(/ (?:at|on) line \d+/, '');
    throw new PermanentError(`${uri}, line ${parser.info.lines}: is not valid CSV: ${problem}`, { cause: error });
  } finally {
    parser.destroy();
    await fed;
  }
}

function refuseDoubles({ line, cells }: CsvRow, uri: string): void {
  const double = cells.find((name, index) => cells.indexOf(name) !== index);
  if (double !== undefined) throw new PermanentError(`${uri}, line ${line}: has two columns named ${JSON.stringify(double)}`);
}
