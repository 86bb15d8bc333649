/** The handlers of a bench: `simulate_work` as it is, watched from outside; the others are never called. */
import type { Handlers } from '../../core/handler.ts';
import { simulateWork } from '../../jobs/simulateWork/handler.ts';

/** `onDone` is told when the handler's work began and ended, by `performance.now()`. */
export function createBenchHandlers({ onDone }: { readonly onDone: (startedAt: number, endedAt: number) => void }): Handlers {
  const unused = (): Promise<never> => Promise.reject(new Error('no bench hands in such a job'));
  return {
    async simulate_work(params, context) {
      const startedAt = performance.now();
      const result = await simulateWork(params, context);
      onDone(startedAt, performance.now());
      return result;
    },
    process_document: unused,
    transform_data: unused,
    generate_report: unused,
  };
}
