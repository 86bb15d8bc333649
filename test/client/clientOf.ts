/** A client that tries again soon. */
import { createJobTickets, type ConnectionOptions, type JobTickets } from 'job-tickets-client';
import type { JobTypes } from '../../docs/examples/jobTypes.d.ts';

export function clientOf(url: string, options: Partial<ConnectionOptions> = {}): JobTickets<JobTypes> {
  return createJobTickets<JobTypes>({ url: `${url}/graphql`, maxWaitMs: 500, ...options });
}
