/** The input of a plan, read from the arguments of the command line. */
import { z } from 'zod';
import { maxParamsBytes } from '../../core/job.ts';

export interface Workload {
  readonly jobsPerSecond: number;
  /** Sockets that are open at the same time, each watching a job. */
  readonly watchers: number;
  readonly paramsBytes: number;
  /** How long a handler works. */
  readonly durationSeconds: number;
  /** How many watch each of the watched jobs. */
  readonly watchersAJob: number;
  /** The largest owner's share of the jobs. */
  readonly largestOwner: number;
  /** How long jobs are kept. */
  readonly keptDays: number;
}

/** The options with their meanings and defaults. */
export const workloadOptions = {
  jobs: { byDefault: '10/s', meaning: 'jobs in a second, minute, hour or day: 2000/s, 90k/h' },
  watchers: { byDefault: '1000', meaning: 'sockets open at once: 100000, 10M' },
  params: { byDefault: '200B', meaning: 'size of a job’s params: 200B, 4KB' },
  duration: { byDefault: '1s', meaning: 'how long a handler works: 50ms, 1s, 5min' },
  'watchers-a-job': { byDefault: '1', meaning: 'how many watch each job' },
  'largest-owner': { byDefault: '10%', meaning: 'share of the jobs that one owner has' },
  kept: { byDefault: '30d', meaning: 'how long jobs are kept (JOB_TTL_DAYS)' },
} as const satisfies Record<string, { readonly byDefault: string; readonly meaning: string }>;

export type WorkloadOption = keyof typeof workloadOptions;

/** @throws {WorkloadError} for values it does not understand, in one line. */
export function parseWorkload(words: Readonly<Partial<Record<WorkloadOption, string>>>): Workload {
  const read = (
    option: WorkloadOption,
    units: Readonly<Record<string, number>>,
    limits: { readonly max?: number; readonly mayBeZero?: boolean } = {},
  ): number => {
    const text = words[option] ?? workloadOptions[option].byDefault;
    const value = amount(text, units);
    const isTooSmall = value === 0 && limits.mayBeZero !== true;
    if (value === undefined || isTooSmall || value > (limits.max ?? Number.POSITIVE_INFINITY)) {
      throw new WorkloadError(`--${option} ${text} is not understood: ${workloadOptions[option].meaning}`);
    }
    return value;
  };
  const perSecond = { '/s': 1, '/min': 1 / 60, '/h': 1 / 3600, '/d': 1 / 86_400 };
  return {
    jobsPerSecond: read('jobs', perSecond),
    watchers: read('watchers', { '': 1 }, { mayBeZero: true }),
    paramsBytes: read('params', { B: 1, KB: 1024 }, { max: maxParamsBytes, mayBeZero: true }),
    durationSeconds: read('duration', { ms: 0.001, s: 1, min: 60, h: 3600 }),
    watchersAJob: read('watchers-a-job', { '': 1 }),
    largestOwner: read('largest-owner', { '%': 0.01 }, { max: 1, mayBeZero: true }),
    keptDays: read('kept', { d: 1 }),
  };
}

export class WorkloadError extends Error {
  override readonly name = 'WorkloadError';
}

const parts = z.tuple([z.string(), z.coerce.number(), z.enum(['', 'k', 'M']), z.string()]);
const thousands = { '': 1, k: 1e3, M: 1e6 } as const;

/** A number, perhaps of thousands (k) or millions (M), and one of the units. */
function amount(text: string, units: Readonly<Record<string, number>>): number | undefined {
  for (const [unit, size] of Object.entries(units)) {
    if (!text.endsWith(unit)) continue;
    const match = parts.safeParse(/^(\d+(?:\.\d+)?)([kM]?)()$/.exec(text.slice(0, text.length - unit.length)));
    if (match.success) return match.data[1] * thousands[match.data[2]] * size;
  }
  return undefined;
}
