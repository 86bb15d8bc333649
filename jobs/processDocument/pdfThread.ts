/** Runs in a thread of its own, started by readPdf.ts: reads one PDF with pdf.js and posts its pages. */
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { getDocument, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { PdfJob, PdfMessage } from './readPdf.ts';

const job: unknown = workerData;
if (isPdfJob(job)) await read(job);

async function read({ bytes, maxPages, maxCharacters }: PdfJob): Promise<void> {
  // pdf.js has no reason to load anything; should it find one, it cannot.
  Reflect.deleteProperty(globalThis, 'fetch');
  try {
    // stopAtErrors: most damage to a page would else give a part of its text, and nobody would know.
    // There is no eval to switch off: pdf.js 6 has none.
    const pdf = await getDocument({
      data: bytes,
      stopAtErrors: true,
      useWorkerFetch: false,
      useSystemFonts: false,
      disableFontFace: true,
      enableXfa: false,
      cMapUrl: assets('cmaps'),
      standardFontDataUrl: assets('standard_fonts'),
      verbosity: VerbosityLevel.ERRORS,
    }).promise;
    if (pdf.numPages > maxPages) return post({ refused: `has ${pdf.numPages} pages; ${maxPages} are allowed` });
    if (pdf.numPages === 0) return post({ refused: 'is damaged (it has no pages)' });
    let characters = 0;
    for (let number = 1; number <= pdf.numPages; number += 1) {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      const text = items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('');
      page.cleanup();
      characters += text.length;
      if (characters > maxCharacters) return post({ refused: `has more than ${maxCharacters} characters of text` });
      post({ number, pages: pdf.numPages, text: text.toWellFormed() });
    }
  } catch (error) {
    post({ refused: complaintOf(error) });
  }
}

function isPdfJob(data: unknown): data is PdfJob {
  return typeof data === 'object' && data !== null && 'bytes' in data;
}

function complaintOf(error: unknown): string {
  if (!(error instanceof Error)) return 'is damaged';
  return error.name === 'PasswordException' ? 'is encrypted' : `is damaged (${error.message})`;
}

function post(message: PdfMessage): void {
  parentPort?.postMessage(message);
}

/** Character maps and metrics of the standard fonts, from the package's own files. */
function assets(folder: string): string {
  return fileURLToPath(import.meta.resolve(`pdfjs-dist/${folder}/`));
}
