/** `simulate_work`: waits, reports progress and fails as its params say. */
import { z } from 'zod';
import { anyJson, defineJobType } from '../../core/jobType.ts';

export const simulateWork = defineJobType({
  name: 'simulate_work',
  description: 'Waits, reports progress and fails as its params say: for trials, load tests and fault tests.',
  params: z.strictObject({
    durationMs: z.int().min(0).max(60_000).default(0).describe('How long each attempt works, in milliseconds.'),
    failAttempts: z.int().min(0).default(0).describe('This many attempts fail before one succeeds.'),
    failPermanently: z.boolean().default(false).describe('Fail so that no further attempt is made.'),
    steps: z.int().min(0).max(1000).default(0).describe('Progress reports, spread over the duration.'),
    payload: anyJson.optional().describe('Returned in the result.'),
  }),
  result: z.object({ attempts: z.int(), sleptMs: z.number(), payload: anyJson.optional() }),
  policy: { timeoutSeconds: 120 },
  example: { durationMs: 3000, steps: 10 },
});
