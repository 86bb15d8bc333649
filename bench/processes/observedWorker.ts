/** Hands in jobs that do nothing and works on them, without telemetry, with telemetry off, or with it on. */
import { z } from 'zod';
import { systemClock } from '../../core/clock.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { readConfig } from '../../runtime/config.ts';
import { openCore } from '../../runtime/open.ts';
import { createLog } from '../../telemetry/log.ts';
import { openTelemetry } from '../../telemetry/openTelemetry.ts';
import { noTelemetry } from '../../telemetry/telemetry.ts';
import { noObjects } from '../../test/support/noObjects.ts';
import { createWorker } from '../../worker/worker.ts';
import { benchTypes, createBenchHandlers } from '../support/benchJob.ts';
import { serveCommands } from '../support/child.ts';
import { concurrently } from '../support/concurrently.ts';

const runRequest = z.object({ jobs: z.number(), atOnce: z.number() });
const startRequest = z.object({ way: z.enum(['none', 'off', 'on']) });

const config = readConfig();
let run: ((request: z.infer<typeof runRequest>) => Promise<{ readonly perSecond: number; readonly cpuUs: number }>) | undefined;

function start({ way }: z.infer<typeof startRequest>): void {
  const telemetry = way === 'none' ? noTelemetry : openTelemetry({ part: 'bench', settings: config.openTelemetry }).telemetry;
  const { core } = openCore({
    config,
    jobTypes: benchTypes,
    clock: systemClock,
    log: createLog({ level: 'silent', part: 'bench' }),
    telemetry,
  });
  let ended = 0;
  let awaited = { count: Infinity, resolve: (): void => undefined };
  const onDone = (): void => {
    ended += 1;
    if (ended >= awaited.count) awaited.resolve();
  };
  createWorker({ core, handlers: createBenchHandlers({ onDone }), objects: noObjects, settings: config }).start();

  run = async ({ jobs, atOnce }) => {
    const all = Promise.withResolvers<void>();
    awaited = { count: ended + jobs, resolve: all.resolve };
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    await concurrently(jobs, atOnce, async () => {
      const job = { owner: 'anonymous', type: 'bench_work', params: {}, priority: 'NORMAL', delaySeconds: 0 } as const;
      await telemetry.span('request', {}, () => createJob(core, { ...job, traceId: telemetry.running().traceId ?? 'none' }));
    });
    await all.promise;
    const { user, system } = process.cpuUsage(cpu);
    return { perSecond: (jobs / (performance.now() - startedAt)) * 1000, cpuUs: (user + system) / jobs };
  };
}

serveCommands({
  start: (request) => Promise.resolve(start(startRequest.parse(request))),
  run: (request) => run?.(runRequest.parse(request)) ?? Promise.reject(new Error('not started')),
});
