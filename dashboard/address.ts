/** What the page shows, kept in its address, so that it can be linked to and the back button works. */
import type { JobStatus } from '../client/job.ts';

export interface Address {
  readonly jobId: string | undefined;
  readonly status: JobStatus | undefined;
  readonly type: string | undefined;
}

export const statuses = [
  'PENDING',
  'PROCESSING',
  'SUCCEEDED',
  'FAILED',
  'FAILED_FINAL',
  'CANCELLED',
] as const satisfies readonly JobStatus[];

/** Of `#status=FAILED&type=resize_image&job=01J…`. */
export function parseAddress(hash: string): Address {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  return {
    jobId: given.get('job') ?? undefined,
    status: statuses.find((status) => status === given.get('status')),
    type: given.get('type') ?? undefined,
  };
}

export function formatAddress({ jobId, status, type }: Address): string {
  const given = new URLSearchParams();
  if (status !== undefined) given.set('status', status);
  if (type !== undefined) given.set('type', type);
  if (jobId !== undefined) given.set('job', jobId);
  return `#${given.toString()}`;
}
