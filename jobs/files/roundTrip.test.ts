import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createJsonLineWriter } from '../transformData/jsonLine.ts';
import { delimiters } from './csv/delimiter.ts';
import { openCsv } from './csv/openCsv.ts';
import { createCsvWriter } from './csv/writeCsv.ts';
import { openJsonLines } from './json/openJsonLines.ts';
import { openText } from './text/openText.ts';

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function readCsv(bytes: Uint8Array, { size = 7, delimiter }: { readonly size?: number; readonly delimiter?: string } = {}) {
  const text = await openText(inChunks(bytes, size), { uri: 'test' });
  const csv = await openCsv(text, 'test', { headers: true, delimiter });
  const rows = (await Array.fromAsync(csv.rows)).flat().map(({ cells }) => cells);
  return { columns: csv.columns ?? [], rows, delimiter: csv.delimiter, encoding: text.encoding };
}

async function readJsonLines(content: string, size: number): Promise<Table> {
  const json = await openJsonLines(await openText(inChunks(Buffer.from(content), size), { uri: 'test' }), 'test');
  return { rows: (await Array.fromAsync(json.rows)).flat(), columns: json.columns ?? [] };
}

function csvOf({ columns, rows }: Table, delimiter = ','): string {
  const csv = createCsvWriter({ delimiter, escapesFormulas: false });
  return [columns, ...rows].map(csv.row).join('');
}

function jsonLinesOf({ columns, rows }: Table): string {
  return rows.map(createJsonLineWriter(columns)).join('');
}

const odd = fc.constantFrom(
  '"',
  ',',
  ';',
  '\t',
  '|',
  '\n',
  '\r',
  '\r\n',
  ' ',
  '\\',
  'ä',
  '€',
  '😀',
  '\u2028',
  '\uFEFF',
  '\x1a',
  '\x07',
  "'",
  '=',
  'a',
  '1',
);
const cell = fc.oneof(
  fc.array(odd, { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ maxLength: 8 }).map((text) => text.replaceAll('\0', '')),
);
const table: fc.Arbitrary<Table> = fc.integer({ min: 1, max: 5 }).chain((width) =>
  fc.record({
    columns: fc.uniqueArray(cell, { minLength: width, maxLength: width }),
    rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
  }),
);
const size = fc.integer({ min: 1, max: 40 });
/** Read with another delimiter, it has more rows of one width, but quotes that enclose nothing. */
const ambiguous: Table = { columns: ['', ' ', '!', ';,', '"'], rows: [['', ';\uFEFF', '', '\n;\u0007', '']] };

test('CSV → JSON Lines → CSV returns the same cells, wherever the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(table, size, async (given, bytes) => {
      const first = await readCsv(Buffer.from(csvOf(given)), { size: bytes });
      expect(first).toMatchObject({ ...given, delimiter: ',' });
      const between = await readJsonLines(jsonLinesOf(first), bytes);
      expect(between).toEqual(given);
      expect(csvOf(between)).toBe(csvOf(given));
    }),
    { numRuns: 300, examples: [[ambiguous, 1]] },
  );
});

test('CSV that was written with any delimiter is read with the same one', async () => {
  await fc.assert(
    fc.asyncProperty(table, fc.constantFrom(...delimiters), size, async (given, delimiter, bytes) => {
      const content = Buffer.from(csvOf(given, delimiter));
      expect(await readCsv(content, { size: bytes, delimiter })).toMatchObject(given);
      // With one column, no delimiter is visible, and any will do.
      expect(await readCsv(content, { size: bytes })).toMatchObject(given);
    }),
    { numRuns: 200 },
  );
});

test('UTF-16 with its mark is read unchanged, wherever the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(table, fc.boolean(), size, async (given, isBigEndian, bytes) => {
      const content = Buffer.from(`\uFEFF${csvOf(given)}`, 'utf16le');
      const read = await readCsv(isBigEndian ? content.swap16() : content, { size: bytes });
      expect(read).toMatchObject({ ...given, encoding: isBigEndian ? 'utf-16be' : 'utf-16le' });
    }),
    { numRuns: 200 },
  );
});

test('a NUL or a byte of another encoding is refused with its place, wherever the bytes are cut', async () => {
  const place = fc.integer({ min: 0, max: 60 });
  await fc.assert(
    fc.asyncProperty(place, size, fc.constantFrom(0, 0xe9, 0xff), async (at, bytes, wrong) => {
      const content = Buffer.from('päivä,€\n'.repeat(10));
      const offset = [...content.keys()].filter((index) => ((content[index] ?? 0) & 0xc0) !== 0x80)[at] ?? 0;
      const line = 1 + content.subarray(0, offset).filter((byte) => byte === 10).length;
      const broken = Buffer.concat([content.subarray(0, offset), Buffer.from([wrong]), content.subarray(offset)]);
      const complaint =
        wrong === 0
          ? `line ${line}: holds a NUL character (byte ${offset})`
          : `line ${line}: byte 0x${wrong.toString(16).toUpperCase()} (at ${offset})`;
      await expect(readCsv(broken, { size: bytes })).rejects.toThrow(complaint);
    }),
    { numRuns: 200 },
  );
});

test('a byte without a character in windows-1252 is refused', async () => {
  const reading = async () => {
    const text = await openText(inChunks(Buffer.from([0x61, 0x0a, 0x81]), 2), { uri: 'test', encoding: 'windows-1252' });
    return Array.fromAsync(text.pieces);
  };
  await expect(reading()).rejects.toThrow('line 2: byte 0x81 (at 2) is not WINDOWS-1252 text');
});

test.each([
  ['Cyrillic UTF-16 without a mark', Buffer.from('имя,город\nИван,Москва\n', 'utf16le'), 'utf-16le'],
  ['Chinese UTF-16 without a mark', Buffer.from('名字,城市\n张三,北京\n'.repeat(20), 'utf16le').swap16(), 'utf-16be'],
  ['plain ASCII', Buffer.from('a,b\n1,2\n'), 'utf-8'],
])('the encoding of %s is found', async (_, bytes, encoding) => {
  expect(await readCsv(bytes)).toMatchObject({ encoding });
});
