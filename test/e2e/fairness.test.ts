/** An owner who hands in very many jobs makes nobody else wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { defineHandler } from '../../core/handler.ts';
import { createJob, createJobs } from '../../core/usecases/createJob.ts';
import { simulateWork } from '../../jobs/simulateWork/type.ts';
import { startSystem } from '../support/startSystem.ts';

/** Not on the emulator of SQS, which knows no fair queues: `test/contract/queues.test.ts` holds that. */
test(
  'after 10,000 jobs of one owner, the one job of another begins within 2 seconds, at 32 slots of 100 ms',
  { timeout: 60_000 },
  async () => {
    const began: string[] = [];
    const first = Promise.withResolvers<void>();
    const handler = defineHandler(simulateWork, async (_params, { idempotencyKey }) => {
      began.push(idempotencyKey);
      first.resolve();
      await sleep(100);
      return { attempts: 1, sleptMs: 100 };
    });
    const env = { WORKER_CONCURRENCY: '32', VISIBILITY_TIMEOUT_SECONDS: '30', SHUTDOWN_GRACE_SECONDS: '1' };
    await using system = await startSystem({ engine: 'embedded', parts: [], handlers: [handler], env });
    const { core } = system;
    const request = { type: simulateWork.name, params: {}, priority: 'NORMAL', delaySeconds: 0, traceId: 'trace' } as const;
    const many = Array.from({ length: 100 }, () => ({ ...request, owner: 'A' }));
    for (let hundred = 0; hundred < 100; hundred += 1) await createJobs(core, many);
    expect((await core.queues.depth('NORMAL')).visible).toBe(10_000);
    system.startWorker();
    await first.promise;
    const { job } = await createJob(core, { ...request, owner: 'B' });
    await expect.poll(() => began.includes(job.jobId), { timeout: 10_000, interval: 10 }).toBe(true);
    expect(began.length).toBeLessThan(1000);
  },
);
