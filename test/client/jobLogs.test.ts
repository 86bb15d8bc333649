import type { JobLogLine } from 'job-tickets-client';
import { expect, test } from 'vitest';
import { defineHandler } from '../../core/handler.ts';
import { simulateWork } from '../../jobs/simulateWork/type.ts';
import { openFaultProxy } from '../support/faultProxy.ts';
import { startSystem } from '../support/startSystem.ts';
import { clientOf } from './clientOf.ts';

test.each(['websocket', 'sse'] as const)(
  'a job’s log is complete and in order over %s, though each line ends its connection',
  async (transport) => {
    const told = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
    const handler = defineHandler(simulateWork, async (_params, { log }) => {
      for (const [index, { promise }] of told.entries()) {
        log.info(`step ${index}`, { index });
        await promise;
      }
      return { attempts: 1, sleptMs: 0 };
    });
    await using system = await startSystem({ engine: 'embedded', handlers: [handler] });
    await using proxy = await openFaultProxy(Number(new URL(system.url).port));
    await using client = clientOf(`http://127.0.0.1:${proxy.port}`, { transport });
    const { job } = await client.createJob({ type: 'simulate_work' });
    const lines: JobLogLine[] = [];
    for await (const line of client.jobLogs(job.jobId)) {
      lines.push(line);
      proxy.reset();
      told[lines.length - 1]?.resolve();
    }
    expect(lines.map(({ level, message, fields, skipped }) => [level, message, fields, skipped])).toEqual(
      told.map((_, index) => ['INFO', `step ${index}`, { index }, 0]),
    );
    expect(await Array.fromAsync(client.jobLogs(job.jobId, { afterSequence: lines[1]?.sequence }))).toEqual(lines.slice(2));
  },
  30_000,
);
