/** For tests: PDFs that no usual program writes. */
import { deflateSync } from 'node:zlib';

/** A page is a line of text, or the compressed bytes of its contents. */
export type TestPage = string | { readonly compressed: Uint8Array; /** Dictionaries. */ readonly annotations?: readonly string[] };

/** A well-formed file around the pages, uncompressed except for their contents. */
export function pdfOf(pages: readonly TestPage[]): Buffer {
  const kids = pages.map((_, index) => `${4 + 2 * index} 0 R`).join(' ');
  const objects = [
    Buffer.from('<</Type/Catalog/Pages 2 0 R>>'),
    Buffer.from(`<</Type/Pages/Kids[${kids}]/Count ${pages.length}>>`),
    Buffer.from('<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'),
    ...pages.flatMap((page, index) => {
      const content = typeof page === 'string' ? deflateSync(`BT /F1 12 Tf 50 700 Td (${page}) Tj ET`) : page.compressed;
      const annotations = typeof page === 'string' ? [] : (page.annotations ?? []);
      return [
        Buffer.from(
          `<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Annots[${annotations.join('')}]/Resources<</Font<</F1 3 0 R>>>>/Contents ${5 + 2 * index} 0 R>>`,
        ),
        Buffer.concat([Buffer.from(`<</Length ${content.byteLength}/Filter/FlateDecode>>stream\n`), content, Buffer.from('\nendstream')]),
      ];
    }),
  ];
  const parts = [Buffer.from('%PDF-1.4\n')];
  let length = 9;
  const offsets: number[] = [];
  for (const [index, object] of objects.entries()) {
    const part = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
    offsets.push(length);
    parts.push(part);
    length += part.byteLength;
  }
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  parts.push(
    Buffer.from(`xref\n0 ${size}\n0000000000 65535 f \n${entries}trailer<</Size ${size}/Root 1 0 R>>\nstartxref\n${length}\n%%EOF\n`),
  );
  return Buffer.concat(parts);
}
