/** The handlers, one for each job type, put together. */
import type { JobTypeName } from '../core/jobType.ts';
import { createGenerateReport } from './generateReport/handler.ts';
import type { Handler, Handlers } from '../core/handler.ts';
import type { ObjectStore } from './files/s3/objectStore.ts';
import { createProcessDocument } from './processDocument/handler.ts';
import { simulateWork } from './simulateWork/handler.ts';
import { createTransformData } from './transformData/handler.ts';

export function createHandlers({ objects }: { readonly objects: ObjectStore }): Handlers {
  return {
    simulate_work: rejectingWithReason<'simulate_work'>(simulateWork),
    process_document: rejectingWithReason<'process_document'>(createProcessDocument({ objects })),
    transform_data: rejectingWithReason<'transform_data'>(createTransformData({ objects })),
    generate_report: rejectingWithReason<'generate_report'>(createGenerateReport({ objects })),
  };
}

/** Timers, streams and the SDK each reject with an AbortError of their own; the worker reads the signal's reason. */
function rejectingWithReason<Name extends JobTypeName>(handler: Handler<Name>): Handler<Name> {
  return async (params, context) => {
    try {
      context.signal.throwIfAborted();
      return await handler(params, context);
    } catch (error) {
      throw context.signal.aborted ? context.signal.reason : error;
    }
  };
}
