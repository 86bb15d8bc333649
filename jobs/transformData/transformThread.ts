/** Runs in a thread of its own, started by handler.ts: converts the rows of one format into the other. */
import { openCsv } from '../files/csv/openCsv.ts';
import { createCsvWriter } from '../files/csv/writeCsv.ts';
import { openJsonLines } from '../files/json/openJsonLines.ts';
import type { Encoding } from '../files/text/encoding.ts';
import { openText } from '../files/text/openText.ts';
import { serveFile, type FileDesk } from '../files/thread/serveFile.ts';
import { createJsonLineWriter } from './jsonLine.ts';

export interface TransformParams {
  readonly to: 'jsonl' | 'csv';
  readonly encoding?: Encoding | undefined;
  readonly delimiter?: string | undefined;
  readonly headers: boolean;
  readonly formulas: 'escape' | 'keep';
}

await serveFile<TransformParams>((desk) => (desk.params.to === 'jsonl' ? toJsonLines(desk) : toCsv(desk)));

async function toJsonLines({ uri, params, chunks, write }: FileDesk<TransformParams>) {
  const text = await openText(chunks, { uri, encoding: params.encoding });
  const csv = await openCsv(text, uri, params);
  const lineOf = createJsonLineWriter(csv.columns ?? []);
  let rows = 0;
  for await (const batch of csv.rows) {
    let lines = '';
    for (const { cells } of batch) lines += lineOf(cells);
    rows += batch.length;
    await write(lines);
  }
  return { rows, encoding: text.encoding, delimiter: csv.delimiter, tolerated: { ...csv.tolerated() }, escapedFormulas: 0 };
}

/** Every cell becomes a string: CSV does not know types, and `007` is not 7. */
async function toCsv({ uri, params, chunks, write }: FileDesk<TransformParams>) {
  const text = await openText(chunks, { uri, encoding: params.encoding });
  const json = await openJsonLines(text, uri);
  const delimiter = params.delimiter ?? ',';
  const csv = createCsvWriter({ delimiter, escapesFormulas: params.formulas === 'escape' });
  if (json.columns !== undefined && params.headers) await write(csv.row(json.columns));
  let rows = 0;
  for await (const batch of json.rows) {
    let lines = '';
    for (const cells of batch) lines += csv.row(cells);
    rows += batch.length;
    await write(lines);
  }
  return {
    rows,
    encoding: text.encoding,
    delimiter,
    tolerated: { looseQuotes: 0, emptyLastFields: 0, ...json.tolerated() },
    escapedFormulas: csv.escapedFormulas(),
  };
}
