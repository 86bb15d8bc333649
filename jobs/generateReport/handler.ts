/** `generate_report`: sums a column of a CSV file by the values of another, as an HTML page with a chart. */
import { extname } from 'node:path';
import { defineHandler } from '../../core/handler.ts';
import { tableBounds, tableSlots } from '../files/tableThreads.ts';
import { workInThread } from '../files/thread/workInThread.ts';
import type { ReportParams } from './reportThread.ts';
import { generateReport, reportSummary } from './type.ts';

const module = new URL(`./reportThread${extname(import.meta.url)}`, import.meta.url);

export const handler = defineHandler(generateReport, ({ source, output, ...params }, context) =>
  tableSlots.use(context.signal, async () => {
    const { result, taken: written } = await workInThread({
      module,
      source,
      params: params satisfies ReportParams,
      result: reportSummary,
      bounds: tableBounds,
      context,
      readProgress: context.progress,
      take: (pieces) => context.objects.write(output, pieces, { contentType: 'text/html; charset=utf-8', signal: context.signal }),
    });
    return { ...result, output, ...written };
  }),
);
