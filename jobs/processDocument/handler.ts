/** `process_document`: reads a PDF or a text file: its pages, words, checksum and text. */
import { extname } from 'node:path';
import { defineHandler } from '../../core/handler.ts';
import { createSlots } from '../files/slots.ts';
import { workInThread, type ThreadBounds } from '../files/thread/workInThread.ts';
import type { DocumentParams } from './documentThread.ts';
import type { PdfLimits } from './readPdf.ts';
import { documentSummary, processDocument } from './type.ts';

export const documentModule = new URL(`./documentThread${extname(import.meta.url)}`, import.meta.url);

/** What a document may use of the worker before it counts as a bomb. A step of the work is a page. */
export const documentBounds: ThreadBounds & PdfLimits = {
  maxHeapMb: 256,
  maxBufferMb: 192,
  maxStepMs: 60_000,
  maxPages: 5000,
  maxCharacters: 10_000_000,
};

/** A PDF is held in memory while it is read: a worker does not do so for all its jobs at once. */
const slots = createSlots(2);

export const handler = defineHandler(processDocument, ({ source, output, encoding }, context) =>
  slots.use(context.signal, async () => {
    const { maxPages, maxCharacters } = documentBounds;
    const { result } = await workInThread({
      module: documentModule,
      source,
      params: { encoding, maxPages, maxCharacters } satisfies DocumentParams,
      result: documentSummary,
      bounds: documentBounds,
      context,
      workProgress: context.progress,
      take: async (pieces) => {
        if (output === undefined) for await (const _ of pieces);
        else await context.objects.write(output, pieces, { contentType: 'text/plain; charset=utf-8', signal: context.signal });
      },
    });
    return output === undefined ? result : { ...result, output };
  }),
);
