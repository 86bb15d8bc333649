/** For handlers' tests: a context in which nothing is kept, and every wait is over at once. */
import type { HandlerContext } from '../../core/handler.ts';

export const noWaits: Pick<HandlerContext, 'step' | 'sleep' | 'waitForSignal'> = {
  step: async (_name, work) => work(),
  sleep: () => Promise.resolve(),
  waitForSignal: () => Promise.resolve({ timedOut: true }),
};
