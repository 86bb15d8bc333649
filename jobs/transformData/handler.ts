/** `transform_data`: CSV to JSON Lines and back, row by row, in constant memory. */
import { extname } from 'node:path';
import { defineHandler } from '../../core/handler.ts';
import { tableBounds, tableSlots } from '../files/tableThreads.ts';
import { workInThread } from '../files/thread/workInThread.ts';
import type { TransformParams } from './transformThread.ts';
import { transformData, transformSummary } from './type.ts';

const module = new URL(`./transformThread${extname(import.meta.url)}`, import.meta.url);
const contentTypes = { jsonl: 'application/jsonl', csv: 'text/csv; charset=utf-8' };

export const handler = defineHandler(transformData, ({ source, output, ...params }, context) =>
  tableSlots.use(context.signal, async () => {
    const { result, taken: written } = await workInThread({
      module,
      source,
      params: params satisfies TransformParams,
      result: transformSummary,
      bounds: tableBounds,
      context,
      readProgress: context.progress,
      take: (pieces) => context.objects.write(output, pieces, { contentType: contentTypes[params.to], signal: context.signal }),
    });
    return { ...result, output, ...written };
  }),
);
