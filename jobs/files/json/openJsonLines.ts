/** JSON Lines opened as a table: the first object's fields are the columns. */
import { PermanentError } from '../../../core/errors.ts';
import { maxCells } from '../csv/csvParser.ts';
import { readLines, type Line } from '../text/lines.ts';
import type { OpenedText } from '../text/openText.ts';
import { createJsonObjectReader, JsonFault, leadsOf, type Fields } from './jsonObject.ts';

export interface OpenedJsonLines {
  /** Undefined for an empty file. */
  readonly columns: readonly string[] | undefined;
  /** A cell for each column; null and absent fields are empty. */
  readonly rows: AsyncGenerator<readonly (readonly string[])[], void, undefined>;
  /** Known once all rows have been read. */
  readonly tolerated: () => { readonly blankLines: number; readonly endMarks: number };
}

/**
 * @throws {PermanentError} with line and path, for a line that is not one JSON object, or that has a field which the first line
 * does not have.
 */
export async function openJsonLines({ pieces, endMarks }: OpenedText, uri: string): Promise<OpenedJsonLines> {
  const lines = readLines(pieces, uri);
  const reader = createJsonObjectReader();
  let blankLines = 0;
  let first: Fields | undefined;
  /** The other lines of the batch with which the first one came. */
  let rest: readonly Line[] = [];
  while (first === undefined) {
    const next = await lines.next();
    if (next.done === true) break;
    const index = next.value.findIndex(({ text }) => !isBlank(text));
    blankLines += index === -1 ? next.value.length : index;
    const line = next.value[index];
    if (line === undefined) continue;
    first = firstObject(line);
    rest = next.value.slice(index + 1);
  }
  const columns = first === undefined ? undefined : [...first.keys()];
  return { columns, rows: rows(), tolerated: () => ({ blankLines, endMarks: endMarks() }) };

  async function* rows(): AsyncGenerator<readonly (readonly string[])[], void, undefined> {
    if (first === undefined || columns === undefined) return;
    const leads = leadsOf(columns);
    yield [[...first.values()]];
    yield tableRows(rest, columns, leads);
    for await (const batch of lines) yield tableRows(batch, columns, leads);
  }

  function tableRows(batch: readonly Line[], names: readonly string[], leads: readonly string[]): readonly (readonly string[])[] {
    const rows: (readonly string[])[] = [];
    for (const line of batch) {
      if (isBlank(line.text)) blankLines += 1;
      else rows.push(reader.cells(line.text, leads) ?? cellsOf(line, names));
    }
    return rows;
  }

  function cellsOf(line: Line, columns: readonly string[]): readonly string[] {
    const fields = fieldsOf(line);
    let found = 0;
    const cells = columns.map((name) => {
      const cell = fields.get(name);
      if (cell !== undefined) found += 1;
      return cell ?? '';
    });
    if (found === fields.size) return cells;
    const known = new Set(columns);
    const unknown = [...fields.keys()].find((name) => !known.has(name));
    throw new PermanentError(`${uri}, line ${line.number}: has the field ${JSON.stringify(unknown)}, which the first line does not have`);
  }

  function fieldsOf({ text, number }: Line): Fields {
    try {
      return reader.fields(text);
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      throw new PermanentError(`${uri}, line ${number}: ${error.path} ${error.message}`, { cause: error });
    }
  }

  /** A JSON file that is not JSON Lines shows in the first line. */
  function firstObject(line: Line): Fields {
    const looksLike = (what: string): PermanentError =>
      new PermanentError(`${uri}, line ${line.number}: JSON Lines has one object per line; this looks like ${what}`);
    if (line.text.trimStart().startsWith('[')) throw looksLike('an array of them: write each of its items on a line of its own');
    try {
      const fields = reader.fields(line.text);
      if (fields.size === 0)
        throw new PermanentError(`${uri}, line ${line.number}: the first object has no fields, so there are no columns`);
      if (fields.size > maxCells) throw new PermanentError(`${uri}, line ${line.number}: has more than ${maxCells} fields`);
      return fields;
    } catch (error) {
      if (error instanceof JsonFault && error.isCutOff) throw looksLike('an object that continues over several lines (pretty-printed)');
      if (error instanceof JsonFault)
        throw new PermanentError(`${uri}, line ${line.number}: ${error.path} ${error.message}`, { cause: error });
      throw error;
    }
  }
}

function isBlank(text: string): boolean {
  return text === '' || (text.charCodeAt(0) <= 0x20 && text.trim() === '');
}
