import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openTestBucket } from '../files/testBucket.ts';
import { handler } from './handler.ts';
import { pdfOf, type TestPage } from './testPdf.ts';

async function read(pdf: Buffer, key = 'odd.pdf') {
  await using bucket = await openTestBucket();
  return await bucket.run(handler, { source: await bucket.put(key, pdf) });
}

const drawn = (content: string, annotations: readonly string[] = []): TestPage => ({ compressed: deflateSync(content), annotations });
const shown = (content: string, annotations?: readonly string[]) => read(pdfOf([drawn(content, annotations)]));
const edited = (pages: readonly TestPage[], edit: (text: string) => string): Buffer =>
  Buffer.from(edit(pdfOf(pages).toString('latin1')), 'latin1');

describe('a PDF that viewers open is read, and its damage is reported:', () => {
  test.each<[string, () => Buffer, { readonly text: string; readonly damage: readonly unknown[] }]>([
    [
      'without %%EOF',
      () => edited(['Hello'], (text) => text.replace('%%EOF\n', '')),
      { text: 'Hello', damage: [expect.stringContaining('ends a PDF is missing')] },
    ],
    [
      'with a wrong startxref',
      () => edited(['Hello'], (text) => text.replace(/startxref\n\d+/, 'startxref\n7')),
      { text: 'Hello', damage: [] },
    ],
    [
      'with a wrong cross-reference table',
      () => edited(['Hello', 'World'], (text) => text.replaceAll(/\d{10} 00000 n/g, '0000000001 00000 n')),
      { text: 'Hello\fWorld', damage: [] },
    ],
    [
      'without a cross-reference table',
      () => edited(['Hello'], (text) => text.replace(/xref\n0[\s\S]*?trailer/, 'trailer')),
      { text: 'Hello', damage: [] },
    ],
    [
      'with metadata that is not valid',
      () => edited(['Hello'], (text) => text.replace('<</Type/Catalog/', '<</Type/Catalog/Metadata 3 0 R/Info 99 0 R/')),
      { text: 'Hello', damage: [] },
    ],
    [
      'with an operator that lacks its operands',
      () => pdfOf([drawn(`BT /F1 12 Tf 50 700 Td (Hello) Tj ET ${'1 c '.repeat(20)}`)]),
      { text: 'Hello', damage: [expect.stringContaining('Page 1: Invalid command c')] },
    ],
    [
      'with a line before its header',
      () => Buffer.concat([Buffer.from('Content-Type: application/pdf\n\n'), pdfOf(['Hello'])]),
      { text: 'Hello', damage: [] },
    ],
  ])('%s', async (_, pdf, expected) => {
    expect(await read(pdf())).toMatchObject({ kind: 'pdf', ...expected });
  });

  test('a text that only mentions PDFs is a text', async () => {
    expect(await read(Buffer.from('A PDF begins with %PDF-1.4'), 'notes.txt')).toMatchObject({ kind: 'text', words: 5 });
  });
});

describe('the words of a page are those that a reader sees:', () => {
  test.each([
    ['pieces that are apart are separate words', 'BT /F1 12 Tf 50 700 Td (Hello) Tj 60 0 Td (World) Tj ET', 'Hello World'],
    ['pieces side by side are one word', 'BT /F1 12 Tf 50 700 Td (Hel) Tj 18 0 Td (lo) Tj ET', 'Hello'],
    [
      'a line drawn three times to look bold counts once',
      'BT /F1 12 Tf 50 700 Td (Bold text) Tj 0.4 0 Td (Bold text) Tj 0.4 0 Td (Bold text) Tj ET',
      'Bold text',
    ],
    ['the same word elsewhere counts again', 'BT /F1 12 Tf 50 700 Td (word) Tj 80 0 Td (word) Tj ET', 'word word'],
    ['a word divided at the end of its line is one', 'BT /F1 12 Tf 50 700 Td (divi-) Tj 0 -14 Td (ded words) Tj ET', 'divided words'],
    ['lines are lines', 'BT /F1 12 Tf 50 700 Td (one) Tj 0 -14 Td (two) Tj ET', 'one\ntwo'],
  ])('%s', async (_, content, text) => {
    expect(await shown(content)).toMatchObject({ text });
  });
});

describe('the text of annotations and forms is read:', () => {
  const rect = '/Rect[50 600 250 640]/F 4';
  test.each([
    ['a free text without appearance', `<</Type/Annot/Subtype/FreeText${rect}/DA(/Helv 12 Tf)/Contents(Free text)>>`, 'Free text'],
    ['a text field', `<</Type/Annot/Subtype/Widget/FT/Tx/T(a)${rect}/V(A value)>>`, 'A value'],
    [
      'a drop-down, with its displayed choice',
      `<</Type/Annot/Subtype/Widget/FT/Ch/Ff 131072/T(a)${rect}/Opt[[(x1)(First one)][(x2)(Second one)]]/V(x2)>>`,
      'Second one',
    ],
    ['a list, with all its choices', `<</Type/Annot/Subtype/Widget/FT/Ch/T(a)${rect}/Opt[(One)(Two)]/V(Two)>>`, 'One\nTwo'],
    ['a password is left out', `<</Type/Annot/Subtype/Widget/FT/Tx/Ff 8192/T(a)${rect}/V(secret)>>`, undefined],
    ['hidden text is left out', `<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/Rect[50 600 250 640]/F 2/V(hidden)>>`, undefined],
  ])('%s', async (_, annotation, text) => {
    const result = await shown('BT /F1 12 Tf 50 700 Td (Page) Tj ET', [annotation]);
    expect(result.text).toBe(text === undefined ? 'Page' : `Page\n${text}`);
  });
});
