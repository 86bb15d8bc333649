/** A client that tries again soon. */
import type { ConnectionOptions } from '../../client/connection.ts';
import { createJobTickets, type JobTickets, type ProjectJobTypes } from '../../client/jobTickets.ts';

export function clientOf(url: string, options: Partial<ConnectionOptions> = {}): JobTickets<ProjectJobTypes> {
  return createJobTickets({ url: `${url}/graphql`, maxWaitMs: 500, ...options });
}
