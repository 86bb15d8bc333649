/** A client's load: a number of jobs, several at once, each watched until it has ended. */
import { z } from 'zod';
import { concurrently } from './concurrently.ts';

export interface Load {
  onActive(jobId: string): void;
  onEnded(jobId: string): void;
  /** Returns jobs per second, and the milliseconds from the call until the client learned of each step. */
  run(create: () => Promise<string>, request: unknown): Promise<LoadResult>;
  /** The same for batches of `batch` jobs, several batches at once. */
  runBatches(createMany: (count: number) => Promise<readonly string[]>, request: unknown): Promise<LoadResult>;
}

export const loadResult = z.object({ perSecond: z.number(), activeMs: z.array(z.number()), endedMs: z.array(z.number()) });
export type LoadResult = z.infer<typeof loadResult>;

const requestSchema = z.object({ jobs: z.number(), atOnce: z.number() });
const batchRequestSchema = z.object({ jobs: z.number(), atOnce: z.number(), batch: z.number() });

export function createLoad(): Load {
  /** An event may come before the answer to the call that it is about. */
  const activeAt = new Map<string, number>();
  const ended = new Map<string, PromiseWithResolvers<number>>();

  function endOf(jobId: string): PromiseWithResolvers<number> {
    const known = ended.get(jobId) ?? Promise.withResolvers<number>();
    ended.set(jobId, known);
    return known;
  }

  async function measure(jobs: number, atOnce: number, batch: number, create: () => Promise<readonly string[]>): Promise<LoadResult> {
    const activeMs: number[] = [];
    const endedMs: number[] = [];
    const startedAt = performance.now();
    await concurrently(jobs / batch, atOnce, async () => {
      const calledAt = performance.now();
      for (const jobId of await create()) {
        endedMs.push((await endOf(jobId).promise) - calledAt);
        const beganAt = activeAt.get(jobId);
        // Who watches from the answer on may find it ended.
        if (beganAt !== undefined) activeMs.push(beganAt - calledAt);
        ended.delete(jobId);
        activeAt.delete(jobId);
      }
    });
    return { perSecond: (jobs / (performance.now() - startedAt)) * 1000, activeMs, endedMs };
  }

  return {
    onActive: (jobId) => void activeAt.set(jobId, performance.now()),
    onEnded: (jobId) => endOf(jobId).resolve(performance.now()),
    run(create, request) {
      const { jobs, atOnce } = requestSchema.parse(request);
      return measure(jobs, atOnce, 1, async () => [await create()]);
    },
    runBatches(createMany, request) {
      const { jobs, atOnce, batch } = batchRequestSchema.parse(request);
      return measure(jobs, atOnce, batch, () => createMany(batch));
    },
  };
}
