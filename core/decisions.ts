/** Decisions about a job that are made from its record alone, before a write. Each is named by the transitions that depend on it. */
import type { Job } from './job.ts';

/** The record as it was read before the write. The write is conditional on its version. */
export const decisions = {
  failuresLeft: {
    meaning: 'it has failed less often than it may',
    holds: ({ failures, maxFailures }) => failures < maxFailures,
  },
  lossesLeft: {
    meaning: 'it may lose one more worker',
    holds: ({ losses, maxLosses }) => losses + 1 < maxLosses,
  },
  lastLoss: {
    meaning: 'it has lost as many workers as it may',
    holds: ({ losses, maxLosses }) => losses + 1 >= maxLosses,
  },
  budgetUsedUp: {
    meaning: 'it has failed, or lost its worker, as often as it may',
    holds: ({ status, failures, maxFailures, losses, maxLosses }) =>
      failures >= maxFailures || (status === 'PROCESSING' && losses + 1 >= maxLosses),
  },
  cancelWasRequested: {
    meaning: 'a cancel was asked for',
    holds: ({ cancelRequested }) => cancelRequested,
  },
} as const satisfies Record<string, { readonly meaning: string; holds(job: Job): boolean }>;

export type DecisionName = keyof typeof decisions;
