/** What a job's handler logs, until the job has ended, across lost connections and restarts of the server. */
import type { Connection } from './connection.ts';
import { resumed } from './resume.ts';

export interface JobLogLine {
  /** Ascending, not contiguous: pass it as `afterSequence` to resume. */
  readonly sequence: number;
  readonly generation: number;
  readonly attempt: number;
  readonly at: string;
  readonly level: 'INFO' | 'WARN' | 'ERROR';
  readonly message: string;
  readonly fields: unknown;
  /** Lines of this attempt right before it that are not kept. */
  readonly skipped: number;
}

export const jobLogsDocument = `subscription JobLogs($jobId: ID!, $afterSequence: Int) {
  item: jobLogAdded(jobId: $jobId, afterSequence: $afterSequence) { sequence generation attempt at level message fields skipped }
}`;

export interface JobLogsOptions {
  /** The last sequence already seen. Default: from the first line. */
  readonly afterSequence?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Each line once and in order: the existing ones first, then each new one; ends when the job has ended.
 * @throws {JobTicketsError} `JOB_NOT_FOUND`, `UNAUTHENTICATED` …; the signal's reason.
 */
export function jobLogs(
  connection: Connection,
  jobId: string,
  { afterSequence, signal }: JobLogsOptions = {},
): AsyncGenerator<JobLogLine, void, void> {
  const variables = (seen: number | undefined) => ({ jobId, afterSequence: seen });
  return resumed<JobLogLine>(
    connection,
    { query: jobLogsDocument, variables, positionOf: ({ sequence }) => sequence },
    afterSequence,
    signal,
  );
}
