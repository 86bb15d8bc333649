/** `generate_report`: sums a column of a CSV file by the values of another, as an HTML page with a chart. */
import { PermanentError } from '../../core/errors.ts';
import { defineHandler } from '../../core/handler.ts';
import { readRows, type CsvRow } from '../files/csvRows.ts';
import { decodeText } from '../files/text.ts';
import { add, parseDecimal, toNumber, zero, type Decimal } from './decimal.ts';
import { renderReport, type ReportGroup } from './reportPage.ts';
import { generateReport } from './type.ts';

/** More groups than that are no report, and would fill the memory. */
const maxGroups = 1000;

export const handler = defineHandler(generateReport, async ({ source, output, title, groupBy, value }, { objects, signal, progress }) => {
  const texts = decodeText(objects.read(source, { signal, progress }), `${source} is not UTF-8 text`);
  const totals = await sumByGroup(readRows(texts, source), { source, groupBy, value });
  const page = renderReport({ title, source, groupBy, value, ...totals });
  const written = await objects.write(output, [page], {
    contentType: 'text/html; charset=utf-8',
    signal,
  });
  return {
    rows: totals.rows,
    total: totals.total,
    groups: totals.groups.length,
    output,
    ...written,
  };
});

interface Columns {
  readonly source: string;
  readonly groupBy: string;
  readonly value: string;
}

interface Totals {
  readonly rows: number;
  readonly total: number;
  readonly groups: readonly ReportGroup[];
}

async function sumByGroup(rows: AsyncIterable<CsvRow>, { source, groupBy, value }: Columns): Promise<Totals> {
  const groups = new Map<string, { readonly rows: number; readonly sum: Decimal }>();
  let all = zero;
  let count = 0;
  let columns: readonly [group: number, value: number] | undefined;
  for await (const { line, cells } of rows) {
    if (columns === undefined) {
      columns = [columnOf(cells, groupBy, source), columnOf(cells, value, source)];
      continue;
    }
    const name = cells[columns[0]] ?? '';
    const amount = amountOf(cells[columns[1]] ?? '', `${source}, line ${line}: column ${JSON.stringify(value)}`);
    const { rows: earlier, sum } = groups.get(name) ?? { rows: 0, sum: zero };
    groups.set(name, { rows: earlier + 1, sum: add(sum, amount) });
    all = add(all, amount);
    count += 1;
    if (groups.size > maxGroups) {
      throw new PermanentError(`${source}: column ${JSON.stringify(groupBy)} has more than ${maxGroups} different values`);
    }
  }
  if (columns === undefined) throw new PermanentError(`${source} is empty: there is no header line`);
  const total = toNumber(all);
  const listed = Array.from(groups, ([name, group]) => ({
    name,
    rows: group.rows,
    total: toNumber(group.sum),
  }));
  if (![total, ...listed.map((group) => group.total)].every(Number.isFinite)) {
    throw new PermanentError(`${source}: the sum of column ${JSON.stringify(value)} is too large for a number`);
  }
  listed.sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
  return { rows: count, total, groups: listed };
}

function columnOf(header: readonly string[], name: string, source: string): number {
  const index = header.indexOf(name);
  if (index !== -1) return index;
  throw new PermanentError(`${source} has no column ${JSON.stringify(name)}; it has ${quoted(header)}`);
}

function amountOf(cell: string, place: string): Decimal {
  const amount = parseDecimal(cell.trim());
  if (amount === undefined) throw new PermanentError(`${place}: ${quoted([cell])} is not a number`);
  return amount;
}

function quoted(texts: readonly string[]): string {
  const list = texts.map((text) => JSON.stringify(text)).join(', ');
  return list.length > 200 ? `${list.slice(0, 200).toWellFormed()}…` : list;
}
