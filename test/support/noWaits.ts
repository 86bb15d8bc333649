/** For handlers' tests: a context in which nothing is kept, and every wait is over at once. */
import type { HandlerContext } from '../../core/handler.ts';

export const noWaits: Pick<HandlerContext, 'step' | 'sleep' | 'waitForSignal' | 'dependencies' | 'createJob' | 'waitFor' | 'runJob'> = {
  step: async (_name, work) => work(),
  sleep: () => Promise.resolve(),
  dependencies: {},
  createJob: (name) => Promise.resolve({ jobId: name }),
  waitFor: () => Promise.reject(new Error('no child is made here')),
  runJob: () => Promise.reject(new Error('no child is made here')),
  waitForSignal: () => Promise.resolve({ timedOut: true }),
};
