/** The use cases' surroundings for a simulation: everything but the table and the queues says and does nothing. */
import { jobTypesOf } from '../../core/jobList.ts';
import type { Core } from '../../core/usecases/core.ts';
import jobs from '../../jobs/index.ts';
import { noTelemetry } from '../../telemetry/telemetry.ts';
import { silentLog } from '../support/silentLog.ts';

export function simulatedCore(
  parts: Pick<Core, 'table' | 'queues' | 'newJobId' | 'clock'>,
  settings: Partial<Core['settings']> = {},
): Core {
  return {
    ...parts,
    jobTypes,
    feed: {
      publish: () => Promise.resolve(true),
      subscribe: () => Promise.resolve(),
      unsubscribe: () => Promise.resolve(),
      isConnected: () => true,
      close: () => Promise.resolve(),
    },
    log: silentLog,
    telemetry: noTelemetry,
    settings: { ...usualSettings, ...settings },
  };
}

const jobTypes = jobTypesOf(jobs);

const usualSettings: Core['settings'] = {
  attemptsPerReceive: 3,
  maxReceiveCount: 3,
  idempotencyTtlSeconds: 86_400,
  jobTtlDays: 30,
  objectAccess: { areOwnersApart: false, sharedInputs: [] },
  stuckAfterSeconds: 120,
  sweepAfterSeconds: 60,
  sweepIntervalSeconds: 30,
  webhookPrivateHosts: [],
  sweepReadsPerMinute: 100_000,
};
