/** Runs in a thread of its own, started by handler.ts: sums a CSV by groups and writes the page. */
import { PermanentError } from '../../core/errors.ts';
import { openCsv } from '../files/csv/openCsv.ts';
import type { Encoding } from '../files/text/encoding.ts';
import { openText } from '../files/text/openText.ts';
import { serveFile } from '../files/thread/serveFile.ts';
import type { DecimalMark } from './amount.ts';
import { add, toJson, zero } from './decimal.ts';
import { createGroups, type Group } from './groups.ts';
import { renderReport } from './reportPage.ts';
import { createTally } from './tally.ts';

export interface ReportParams {
  readonly title: string;
  readonly groupBy: string;
  readonly value: string;
  readonly encoding?: Encoding | undefined;
  readonly delimiter?: string | undefined;
  readonly headers: boolean;
  readonly decimal: DecimalMark;
}

/** More groups make no useful report, and would fill the memory. */
const maxGroups = 1000;
const maxNameLength = 500;
/** Groups that the chart shows. */
const maxTop = 24;

await serveFile<ReportParams>(async ({ uri, params, chunks, write }) => {
  const { groupBy, value, title } = params;
  const text = await openText(chunks, { uri, encoding: params.encoding });
  const csv = await openCsv(text, uri, params);
  if (csv.columns === undefined) throw new PermanentError(`${uri} is empty: there is no header line`);
  const [nameIndex, valueIndex] = [columnOf(csv.columns, groupBy, uri), columnOf(csv.columns, value, uri)];
  const groups = createGroups();
  const tally = createTally(params.decimal);
  let rows = 0;
  for await (const batch of csv.rows) {
    for (const { line, cells } of batch) {
      const name = cells[nameIndex] ?? '';
      if (name.length > maxNameLength) {
        const problem = `has ${name.length} characters; the name of a group may have ${maxNameLength}`;
        throw new PermanentError(`${uri}, line ${line}: column ${JSON.stringify(groupBy)} ${problem}`);
      }
      groups.add(
        name,
        tally.read(cells[valueIndex] ?? '', () => `${uri}, line ${line}: column ${JSON.stringify(value)}`),
      );
    }
    rows += batch.length;
    if (groups.count() > maxGroups) {
      throw new PermanentError(`${uri}: column ${JSON.stringify(groupBy)} has more than ${maxGroups} different values`);
    }
  }
  const sorted = groups.sorted();
  const all = summed(sorted);
  const top = sorted.slice(0, maxTop);
  const others = summed(sorted.slice(maxTop));
  const counts = { ...tally.counts(), mergedNames: groups.mergedNames() };
  await write(
    renderReport({
      title,
      source: uri,
      groupBy,
      value,
      rows,
      total: all.total,
      groups: sorted,
      top,
      others,
      currency: tally.currency(),
      ...counts,
    }),
  );
  return {
    rows,
    total: toJson(all.total),
    groups: sorted.length,
    top: top.map((group) => ({ ...group, total: toJson(group.total) })),
    others: { ...others, total: toJson(others.total) },
    ...counts,
    encoding: text.encoding,
    delimiter: csv.delimiter,
    tolerated: { ...csv.tolerated() },
  };
});

function summed(groups: readonly Group[]) {
  return {
    groups: groups.length,
    rows: groups.reduce((sum, { rows }) => sum + rows, 0),
    total: groups.reduce((sum, { total }) => add(sum, total), zero),
  };
}

function columnOf(columns: readonly string[], name: string, uri: string): number {
  const index = columns.indexOf(name);
  if (index !== -1) return index;
  const list = columns
    .slice(0, 50)
    .map((column) => JSON.stringify(column))
    .join(', ');
  const shown = list.length > 200 || columns.length > 50 ? `${list.slice(0, 200).toWellFormed()}…` : list;
  throw new PermanentError(`${uri} has no column ${JSON.stringify(name)}; it has ${shown}`);
}
