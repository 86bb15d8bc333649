/** The text of a PDF, page by page, with pdf.js: files that viewers open are read, and damage is reported. */
import { fileURLToPath } from 'node:url';
import { getDocument, VerbosityLevel, type PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { PermanentError } from '../../core/errors.ts';
import { annotationText } from './annotationText.ts';
import { pageText } from './pageText.ts';

export interface PdfPage {
  /** 1 for the first. */
  readonly number: number;
  readonly pages: number;
  readonly text: string;
}

export interface PdfLimits {
  readonly maxPages: number;
  readonly maxCharacters: number;
}

export interface PdfSource extends PdfLimits {
  readonly uri: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Receives a message for each damage that could be ignored. */
  readonly damaged: (what: string) => void;
}

/**
 * A page is read strictly. Where that fails it is read again as viewers do, which leave out what they do not understand.
 *
 * @throws {PermanentError} for a file that is encrypted, exceeds the bounds, or is so damaged that a page or its text is
 * missing.
 */
export async function* readPdf({ uri, bytes, maxPages, maxCharacters, damaged }: PdfSource): AsyncGenerator<PdfPage, void, undefined> {
  if (!hasEnd(bytes)) damaged('The mark that ends a PDF is missing: the file may be cut off.');
  const strict = await opened(bytes, true, uri);
  const pages = strict.numPages;
  if (pages > maxPages) throw new PermanentError(`${uri} has ${pages} pages; ${maxPages} are allowed`);
  if (pages === 0) throw new PermanentError(`${uri} is damaged (it has no pages)`);
  let lenient: PDFDocumentProxy | undefined;
  let characters = 0;
  for (let number = 1; number <= pages; number += 1) {
    let text: string;
    try {
      text = await textOf(strict, number);
    } catch (error) {
      lenient ??= await opened(bytes, false, uri);
      text = await textOf(lenient, number).catch(() => '');
      if (text.trim() === '') throw new PermanentError(`${uri} is damaged (page ${number}: ${messageOf(error)})`, { cause: error });
      damaged(`Page ${number}: ${messageOf(error)}`);
    }
    characters += text.length;
    if (characters > maxCharacters) throw new PermanentError(`${uri} has more than ${maxCharacters} characters of text`);
    yield { number, pages, text };
  }
}

/** Where readers look for it, according to ISO 32000's implementation notes. */
function hasEnd(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(-1024)).includes('%%EOF');
}

async function opened(bytes: Uint8Array<ArrayBuffer>, stopAtErrors: boolean, uri: string): Promise<PDFDocumentProxy> {
  try {
    // No eval has to be switched off: pdf.js 6 has none. The bytes are copied, since pdf.js keeps what it is given.
    return await getDocument({
      data: bytes.slice(),
      stopAtErrors,
      useWorkerFetch: false,
      useSystemFonts: false,
      disableFontFace: true,
      enableXfa: false,
      cMapUrl: assets('cmaps'),
      standardFontDataUrl: assets('standard_fonts'),
      verbosity: VerbosityLevel.ERRORS,
    }).promise;
  } catch (error) {
    const isLocked = error instanceof Error && error.name === 'PasswordException';
    throw new PermanentError(`${uri} ${isLocked ? 'is encrypted' : `is damaged (${messageOf(error)})`}`, { cause: error });
  }
}

async function textOf(pdf: PDFDocumentProxy, number: number): Promise<string> {
  const page = await pdf.getPage(number);
  const { items, styles } = await page.getTextContent();
  const drawn = pageText(
    items.filter((item) => 'str' in item),
    (font) => styles[font]?.vertical === true,
  );
  // Broken annotations do not affect the page's text.
  const annotations: readonly object[] = await page.getAnnotations().catch(() => []);
  const texts = [drawn, ...annotations.map(annotationText)].filter((text) => text !== '');
  page.cleanup();
  // Form feeds within a page would count as pages.
  return texts.join('\n').replaceAll('\f', '\n').toWellFormed();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Character maps and metrics of the standard fonts, from the package's own files. */
function assets(folder: string): string {
  return fileURLToPath(import.meta.resolve(`pdfjs-dist/${folder}/`));
}
