/** Progress of one attempt after another: only the latest is kept, and the worker sends no more than a person could follow. */
import type { JobEvent } from '../core/feed/event.ts';
import type { Feed } from '../core/feed/feed.ts';
import type { JobFailure, Job } from '../core/job.ts';

export interface Progress {
  report(percent: number): void;
  /** A new attempt begins after a failed one: watchers learn of it at once. */
  nextAttempt(attempt: number, error: JobFailure): void;
  latest(): number | undefined;
  stop(): void;
}

export interface ProgressDeps {
  readonly feed: Feed;
  readonly job: Job;
  readonly durable: Promise<void> | undefined;
  /** The service's time, for display. */
  readonly now: () => number;
  /** Writes the latest progress into the record. */
  readonly save: (percent: number) => void;
}

const publishEveryMs = 100;
const saveEveryMs = 2000;

export function trackProgress({ feed, job, durable = Promise.resolve(), now: clock, save }: ProgressDeps): Progress {
  let percent: number | undefined;
  let attempt = job.attempts;
  let error: JobFailure | undefined;
  let publishedAt = job.updatedAt;
  let savedAt = job.updatedAt;
  let publishing: NodeJS.Timeout | undefined;
  let stopped = false;

  function publish(): void {
    publishing = undefined;
    const now = clock();
    // Updates are ordered by their time, so two in one millisecond must differ.
    publishedAt = Math.max(now, publishedAt + 1);
    const { jobId, owner, version, status } = job;
    const event: JobEvent = { jobId, owner, version, status, attempt, at: publishedAt, error, progress: percent };
    durable.then(
      () => void feed.publish(event),
      () => undefined,
    );
    if (percent !== undefined && now - savedAt >= saveEveryMs) {
      savedAt = now;
      save(percent);
    }
  }

  return {
    report(value) {
      // An abandoned handler may still report.
      if (stopped) return;
      percent = Math.min(100, Math.max(0, value));
      publishing ??= setTimeout(publish, Math.max(0, publishedAt + publishEveryMs - clock()));
    },
    nextAttempt(next, failure) {
      attempt = next;
      error = failure;
      percent = undefined;
      clearTimeout(publishing);
      publish();
    },
    latest: () => percent,
    stop() {
      stopped = true;
      clearTimeout(publishing);
    },
  };
}
