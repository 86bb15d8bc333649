/** Follows a job, from what is known of it to its final state. */
import { applyEvent, isFinal, type Job, type JobStatusEvent } from 'job-tickets-client';

/** The part of the client that is used. */
export interface JobClient<Followed extends Job> {
  job(jobId: string, call: { readonly signal: AbortSignal }): Promise<Followed>;
  watchJob(
    jobId: string,
    options: { readonly afterVersion: number; readonly signal: AbortSignal },
  ): AsyncGenerator<JobStatusEvent, void, void>;
}

export interface FollowJobOptions<Followed> {
  /** A job that is known already: followed from its version on, without reading it. */
  readonly initial: Followed | undefined;
  readonly signal: AbortSignal;
}

/** The job after each change. The last one is final, with its result. */
export async function* followJob<Followed extends Job>(
  client: JobClient<Followed>,
  jobId: string,
  { initial, signal }: FollowJobOptions<Followed>,
): AsyncGenerator<Followed, void, void> {
  let job = initial ?? (await client.job(jobId, { signal }));
  yield job;
  while (!isFinal(job.status)) {
    for await (const event of client.watchJob(jobId, { afterVersion: job.version, signal })) {
      job = applyEvent(job, event);
      // It is read below, with its result.
      if (!isFinal(job.status)) yield job;
    }
    // It may have been retried meanwhile, and then continues.
    job = await client.job(jobId, { signal });
    yield job;
  }
}
