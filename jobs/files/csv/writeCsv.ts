/** Writes rows as CSV that every program reads in the same way. */

interface CsvFormat {
  readonly delimiter: string;
  /** Whether text that a spreadsheet would run as a formula gets an apostrophe in front, so that it is displayed. */
  readonly escapesFormulas: boolean;
}

export interface CsvWriter {
  row(cells: readonly string[]): string;
  /** The number of cells that got an apostrophe. */
  escapedFormulas(): number;
}

export function createCsvWriter({ delimiter, escapesFormulas }: CsvFormat): CsvWriter {
  let escaped = 0;
  return {
    row(cells) {
      let line = '';
      for (let index = 0; index < cells.length; index += 1) {
        let cell = cells[index] ?? '';
        if (escapesFormulas && isFormula(cell)) {
          escaped += 1;
          cell = `'${cell}`;
        }
        if (index > 0) line += delimiter;
        line += needsQuotes.test(cell) || cell.includes(delimiter) ? `"${cell.replaceAll('"', '""')}"` : cell;
      }
      // A row of one empty cell, or of spaces, would be a blank line, which readers skip.
      return cells.length === 1 && blank.test(line) ? `"${line}"\n` : `${line}\n`;
    },
    escapedFormulas: () => escaped,
  };
}

/**
 * Everything that a reader might interpret: any usual delimiter (readers guess them), line ends, a byte order mark, the end
 * mark of DOS, Excel's `sep=` line.
 */
const needsQuotes = /["\p{Cc},;|\ufeff]|^sep=/iu;
const blank = /^[ \t]*$/;

/** The characters that OWASP lists, except in plain numbers: -3 and +4.5e6 stay unchanged. */
const formulaStart = /^\s*[=+\-@＝＋－＠].|^[\t\r\n]/s;
const plainNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?%?$/i;

function isFormula(cell: string): boolean {
  return formulaStart.test(cell) && !plainNumber.test(cell);
}
