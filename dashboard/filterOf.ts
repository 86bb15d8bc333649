/** The filter of an address, in the API's form. */
import type { JobStatus } from '../client/job.ts';
import type { Address, Span } from './address.ts';
import type { Filter, Whose } from './documents.ts';

/** In milliseconds. */
const spanMs: Readonly<Record<Span, number>> = { '15m': 15 * 60_000, '1h': 3_600_000, '1d': 86_400_000, '7d': 7 * 86_400_000 };

/** Across all owners, an index has only these. */
export const listedOfAll = ['FAILED', 'FAILED_FINAL', 'CANCELLED'] as const satisfies readonly JobStatus[];

type Narrowing = Omit<Address, 'view' | 'jobId'>;

/** A span is counted back from `now`. */
export function filterOf(address: Narrowing, now: number): Filter {
  const { status, type, tag, error, span, to, allOwners } = address;
  const from = span === undefined ? address.from : new Date(now - spanMs[span]).toISOString();
  const statuses = status === undefined ? (allOwners ? listedOfAll : undefined) : [status];
  return {
    ...(statuses === undefined ? {} : { status: statuses }),
    ...(type === undefined ? {} : { type: [type] }),
    ...(tag === undefined ? {} : { tags: [tag] }),
    ...(error === undefined ? {} : { errorFingerprint: error }),
    ...(from === undefined ? {} : { createdAfter: from }),
    ...(to === undefined || span !== undefined ? {} : { createdBefore: to }),
  };
}

export function whoseOf({ owner, allOwners }: Pick<Address, 'owner' | 'allOwners'>): Whose {
  return allOwners ? { allOwners } : { owner };
}

/** Whether the filter leaves any jobs out. */
export function isNarrowed({ status, type, tag, error, span, from, to }: Narrowing): boolean {
  return [status, type, tag, error, span, from, to].some((value) => value !== undefined);
}

/** `your jobs`, `jobs of alice`. */
export function whoseWords({ owner, allOwners }: Pick<Address, 'owner' | 'allOwners'>): string {
  if (allOwners) return 'jobs of all owners';
  return owner === undefined ? 'your jobs' : `jobs of ${owner}`;
}
