/** Jobs as in a system that has run for a day: of all types, most succeeded, some failed in a few ways, with tags. */
import { encodeTime } from 'ulid';
import type { Job, JobFailure } from '../../core/job.ts';
import { inline, makeJob } from '../support/jobFactory.ts';

export interface DemoOptions {
  readonly owner: string;
  /** The last one has just ended, the first a day before. */
  readonly jobs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const dayMs = 86_400_000;

const types = [
  { type: 'process_document', params: { source: 's3://files/inbox/invoice-2026-0117.pdf' }, runMs: 1800 },
  { type: 'transform_data', params: { source: 's3://files/orders.csv', output: 's3://files/orders.jsonl' }, runMs: 4200 },
  { type: 'process_document', params: { source: 's3://files/inbox/contract.pdf' }, runMs: 2600 },
  { type: 'generate_report', params: { source: 's3://files/sales.csv', groupBy: 'region', value: 'total' }, runMs: 9500 },
  { type: 'simulate_work', params: { durationMs: 1500 }, runMs: 1500 },
] as const;

const tags = [['nightly'], ['import', 'eu-west'], [], ['customer-4711'], [], ['import', 'us-east'], []] as const;

const failures: readonly ((index: number) => Pick<JobFailure, 'code' | 'message'>)[] = [
  (index) => ({ code: 'PERMANENT', message: `s3://files/inbox/scan-${index}.pdf is encrypted` }),
  (index) => ({ code: 'ATTEMPT_FAILED', message: `connect ECONNREFUSED 10.2.0.${index % 250}:5432` }),
  () => ({ code: 'TIMEOUT', message: 'The attempt ran longer than 300 s' }),
  (index) => ({ code: 'ATTEMPT_FAILED', message: `connect ECONNREFUSED 10.2.0.${index % 250}:5432` }),
  (index) => ({ code: 'PERMANENT', message: `Row ${index}: “${index % 9}x” in column “total” is no number` }),
  () => ({
    code: 'WORKERS_LOST',
    message: 'Its worker was lost 3 times in the middle of an attempt: killed, cut off, or with its event loop blocked by the handler.',
  }),
];

export function demoJob(index: number, { owner, jobs, now }: DemoOptions): Job {
  const createdAt = Math.round(now - 20_000 - ((jobs - 1 - index) * dayMs) / Math.max(jobs, 300));
  const { type, params, runMs } = types[index % types.length] ?? types[0];
  const waitMs = 40 + ((index * 7919) % 700);
  const startedAt = createdAt + waitMs;
  const finishedAt = startedAt + Math.round(runMs * (0.6 + ((index * 104_729) % 100) / 60));
  const isFailed = index % 23 === 11;
  const isCancelled = index % 101 === 60;
  const error = isFailed ? { ...failureOf(index), attempt: 3, at: finishedAt } : undefined;
  const status = isCancelled ? 'CANCELLED' : isFailed ? 'FAILED_FINAL' : 'SUCCEEDED';
  const last = isCancelled ? createdAt + waitMs : finishedAt;
  return makeJob({
    jobId: `${encodeTime(createdAt, 10)}${randomPart(index)}`,
    owner,
    type,
    params: inline(params),
    tags: tags[index % tags.length],
    status,
    error,
    createdAt,
    updatedAt: last,
    ...(isCancelled ? {} : { startedAt }),
    finishedAt: last,
    expiresAt: Math.ceil(now / 1000) + 30 * 86_400,
    attempts: isCancelled ? 0 : isFailed ? 3 : 1,
    version: isCancelled ? 2 : 3,
    history: [
      { version: 1, status: 'PENDING', at: createdAt, attempt: 0 },
      ...(isCancelled ? [] : [{ version: 2, status: 'PROCESSING', at: startedAt, attempt: 1 } as const]),
      { version: isCancelled ? 2 : 3, status, at: last, attempt: isCancelled ? 0 : 1, error },
    ],
  });
}

function failureOf(index: number): Pick<JobFailure, 'code' | 'message'> {
  const make = failures[Math.floor(index / 23) % failures.length] ?? failures[0];
  return make?.(index) ?? { code: 'PERMANENT', message: 'unknown' };
}

/** Ids of one millisecond are in the order of their creation. */
function randomPart(index: number): string {
  const shuffled = ((index + 1) * 2_654_435_761) % 4_294_967_296;
  return `${index.toString(32)}${shuffled.toString(32)}`
    .toUpperCase()
    .replaceAll(/[ILOU]/g, 'Z')
    .padStart(16, '0')
    .slice(-16);
}
