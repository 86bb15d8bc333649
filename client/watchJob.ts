/** Watching one job to its end, across lost connections and restarts of the server. */
import type { Connection } from './connection.ts';
import { eventFields, isFinal, type JobStatusEvent } from './job.ts';
import { resumed } from './resume.ts';

export const watchJobDocument = `subscription WatchJob($jobId: ID!, $afterVersion: Int) {
  item: jobStatusChanged(jobId: $jobId, afterVersion: $afterVersion) { ${eventFields} }
}`;

export interface WatchJobOptions {
  /** The last version already seen: later changes are delivered. Default: the job's present state, then its changes. */
  readonly afterVersion?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Each change of status once and in order, and progress in between; ends after a final state.
 * @throws {JobTicketsError} `JOB_NOT_FOUND`, `UNAUTHENTICATED` …; the signal's reason.
 */
export function watchJob(
  connection: Connection,
  jobId: string,
  { afterVersion, signal }: WatchJobOptions = {},
): AsyncGenerator<JobStatusEvent, void, void> {
  return resumed<JobStatusEvent>(
    connection,
    {
      query: watchJobDocument,
      variables: (seen) => ({ jobId, afterVersion: seen }),
      positionOf: ({ version }) => version,
      isLast: ({ status }) => isFinal(status),
    },
    afterVersion,
    signal,
  );
}
