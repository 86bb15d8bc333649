/** What the page shows, kept in its address, so that it can be linked to and the back button works. */
import type { JobStatus } from '../client/job.ts';

export interface Address {
  readonly jobId: string | undefined;
  readonly status: JobStatus | undefined;
  readonly type: string | undefined;
  /** Whose jobs; `undefined`: the caller's own. */
  readonly owner: string | undefined;
}

export const statuses = [
  'PENDING',
  'PROCESSING',
  'SUCCEEDED',
  'FAILED',
  'FAILED_FINAL',
  'CANCELLED',
] as const satisfies readonly JobStatus[];

/** Of `#owner=alice&status=FAILED&type=resize_image&job=01J…`. */
export function readAddress(): Address {
  const given = new URLSearchParams(location.hash.slice(1));
  return {
    jobId: given.get('job') ?? undefined,
    status: statuses.find((status) => status === given.get('status')),
    type: given.get('type') ?? undefined,
    owner: given.get('owner') ?? undefined,
  };
}

export function formatAddress({ jobId, status, type, owner }: Address): string {
  const given = Object.entries({ owner, status, type, job: jobId }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return `#${new URLSearchParams(given).toString()}`;
}

export function turnTo(address: Address): void {
  location.hash = formatAddress(address);
}
