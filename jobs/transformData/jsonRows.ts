/** JSON Lines as rows of a table and back: the first object's fields are the columns. */
import { PermanentError } from '../../core/errors.ts';
import type { CsvRow } from '../files/csvRows.ts';
import type { Line } from '../files/text.ts';

/** Every cell becomes a string: CSV does not know types, and `007` is not 7. */
export async function* toJsonLines(rows: AsyncIterable<CsvRow>): AsyncGenerator<string, void, undefined> {
  let fields: readonly string[] | undefined;
  for await (const { cells } of rows) {
    if (fields === undefined) fields = cells.map((name) => `${JSON.stringify(name)}:`);
    else yield `{${fields.map((field, index) => field + JSON.stringify(cells[index])).join(',')}}\n`;
  }
}

/**
 * The header, then a row of cells for each line: strings as they are, null and absent fields empty, all else as its
 * JSON text, numbers as they were written. Empty lines are left out.
 *
 * @throws {PermanentError} with the line, for what is not a JSON object or has a field that the first line has not.
 */
export async function* toTable(lines: AsyncIterable<Line>, uri: string): AsyncGenerator<readonly string[], void, undefined> {
  let columns: ReadonlySet<string> | undefined;
  for await (const { number, text } of lines) {
    if (text.trim() === '') continue;
    const refuse = (problem: string, cause?: unknown) => new PermanentError(`${uri}, line ${number}: ${problem}`, { cause });
    const cells = parseCells(text, refuse);
    if (columns === undefined) {
      columns = fieldsInOrder(text);
      if (columns.size === 0) throw refuse('has no fields');
      yield [...columns];
    }
    for (const field of cells.keys()) {
      if (!columns.has(field)) throw refuse(`has the field ${JSON.stringify(field)}, which the first line has not`);
    }
    yield Array.from(columns, (field) => cells.get(field) ?? '');
  }
}

function parseCells(text: string, refuse: (problem: string, cause?: unknown) => PermanentError): Map<string, string> {
  try {
    const value: unknown = JSON.parse(text, keepNumbers);
    if (typeof value !== 'object' || value === null || Array.isArray(value) || JSON.isRawJSON(value)) throw refuse('is not a JSON object');
    return new Map(Object.entries(value).map(([field, content]) => [field, cellOf(content)]));
  } catch (error) {
    if (error instanceof SyntaxError) throw refuse(`is not valid JSON: ${error.message}`, error);
    if (error instanceof RangeError) throw refuse('is nested too deeply', error);
    throw error;
  }
}

/** JSON.rawJSON and the reviver's context are in the language, and in Node 24, but not yet in TypeScript's library. */
declare global {
  interface JSON {
    rawJSON(text: string): unknown;
    isRawJSON(value: unknown): boolean;
  }
}

/** A number goes through as it stands in the text: 12345678901234567890 and 1.50 are not changed. */
function keepNumbers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? JSON.rawJSON(context.source) : value;
}

function cellOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null ? '' : JSON.stringify(value);
}

/** In the order of the text. Object.keys would put a field called 2024 before all others. */
function fieldsInOrder(text: string): ReadonlySet<string> {
  const fields = new Set<string>();
  let depth = 0;
  let lastString = '';
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token !== ':') lastString = token;
    else if (depth === 1) fields.add(String(JSON.parse(lastString)));
  }
  return fields;
}
