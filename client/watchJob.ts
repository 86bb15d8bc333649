/** Watching one job to its end, across lost connections and restarts of the server. */
import type { Connection } from './connection.ts';
import { eventFields, isFinal, type JobStatusEvent } from './job.ts';

export const watchJobDocument = `subscription WatchJob($jobId: ID!, $afterVersion: Int) {
  jobStatusChanged(jobId: $jobId, afterVersion: $afterVersion) { ${eventFields} }
}`;

export interface WatchJobOptions {
  /** The last version already seen: what came after it is delivered. Default: the job's present state, then what follows. */
  readonly afterVersion?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Each change of status once and in order, and progress in between; ends after a final state.
 * @throws {JobTicketsError} `JOB_NOT_FOUND`, `UNAUTHENTICATED` …; the signal's reason.
 */
export async function* watchJob(
  connection: Connection,
  jobId: string,
  { afterVersion, signal }: WatchJobOptions = {},
): AsyncGenerator<JobStatusEvent, void, void> {
  let seen = afterVersion;
  let hasEnded = false;
  for (let tries = 1; ; tries += 1) {
    try {
      const variables = { jobId, afterVersion: seen };
      for await (const data of connection.subscribe<{ jobStatusChanged: JobStatusEvent }>({ query: watchJobDocument, variables }, signal)) {
        const event = data.jobStatusChanged;
        tries = 0;
        seen = event.version;
        hasEnded = isFinal(event.status);
        yield event;
      }
      return;
    } catch (error) {
      // The final state was delivered; what was lost came after it.
      if (hasEnded) return;
      await connection.pause(error, Math.max(1, tries), signal);
    }
  }
}
