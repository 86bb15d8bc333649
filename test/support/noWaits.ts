/** For handlers' tests: a context whose waits are over at once. */
import type { HandlerContext } from '../../core/handler.ts';

export const noWaits: Pick<HandlerContext, 'sleep'> = {
  sleep: () => Promise.resolve(),
};
