/** `transform_data`: CSV to JSON Lines and back, row by row, in constant memory. */
import { stringify } from 'csv-stringify/sync';
import { defineHandler } from '../../core/handler.ts';
import { readRows } from '../files/csvRows.ts';
import { decodeText, inBatches, readLines } from '../files/text.ts';
import { toJsonLines, toTable } from './jsonRows.ts';
import { transformData } from './type.ts';

export const handler = defineHandler(transformData, async ({ source, output, to }, { objects, signal, progress }) => {
  const tally = { rows: 0 };
  const texts = decodeText(objects.read(source, { signal, progress }), `${source} is not UTF-8 text`);
  const written =
    to === 'jsonl'
      ? await objects.write(output, inBatches(counted(toJsonLines(readRows(texts, source)), tally)), {
          contentType: 'application/jsonl',
          signal,
        })
      : await objects.write(output, inBatches(toCsv(toTable(readLines(texts, source), source), tally)), {
          contentType: 'text/csv; charset=utf-8',
          signal,
        });
  return { rows: tally.rows, output, ...written };
});

interface Tally {
  rows: number;
}

async function* counted(rows: AsyncIterable<string>, tally: Tally): AsyncGenerator<string, void, undefined> {
  for await (const row of rows) {
    tally.rows += 1;
    yield row;
  }
}

async function* toCsv(table: AsyncIterable<readonly string[]>, tally: Tally): AsyncGenerator<string, void, undefined> {
  let isHeader = true;
  for await (const cells of table) {
    if (!isHeader) tally.rows += 1;
    isHeader = false;
    // A row of one empty cell would be an empty line, which readers skip: it is written as "".
    yield stringify([[...cells]], { quoted_empty: cells.length === 1 });
  }
}
