/**
 * The timelines of many jobs, in bounded memory. The least recently used are dropped. Of all dropped jobs together only one
 * thing is kept: the time of the latest transition that was sent. When such a job is met again, what its record has after that
 * time is new.
 */
import type { JobFacts } from './event.ts';
import { JobTimeline } from './jobTimeline.ts';

/** One half of the cache: up to twice as many jobs are remembered, at about 150 bytes each. */
const maxJobs = 50_000;

/** A job's timeline, with what else has to be remembered of it. */
export class OwnersTimeline extends JobTimeline {
  /** As far as is known, watchers were sent everything up to this version before the job was dropped from memory. */
  presumedTold = 0;
  /** The job's fields that never change, for watchers that chose some jobs only. */
  facts: JobFacts | undefined;
}

export class JobTimelines {
  readonly #maxJobs: number;
  #recent = new Map<string, OwnersTimeline>();
  #older = new Map<string, OwnersTimeline>();
  #recentAt = Number.NEGATIVE_INFINITY;
  #olderAt = Number.NEGATIVE_INFINITY;
  #forgottenAt = Number.NEGATIVE_INFINITY;

  /** `limit`: of one half of the cache. */
  constructor(limit = maxJobs) {
    this.#maxJobs = limit;
  }

  /** No transition that was sent, of a job that was dropped since, is later than this. */
  get forgottenAt(): number {
    return this.#forgottenAt;
  }

  get(jobId: string): OwnersTimeline | undefined {
    const recent = this.#recent.get(jobId);
    if (recent !== undefined) return recent;
    const older = this.#older.get(jobId);
    if (older !== undefined) this.#put(jobId, older);
    return older;
  }

  add(jobId: string): OwnersTimeline {
    const timeline = new OwnersTimeline();
    this.#put(jobId, timeline);
    return timeline;
  }

  /** A transition of this time was sent. */
  told(at: number): void {
    this.#recentAt = Math.max(this.#recentAt, at);
  }

  #put(jobId: string, timeline: OwnersTimeline): void {
    if (this.#recent.size >= this.#maxJobs) {
      if (this.#older.size > 0) this.#forgottenAt = this.#olderAt;
      this.#older = this.#recent;
      // Some of its jobs came over from the older half: what was sent of them then counts too.
      this.#olderAt = Math.max(this.#recentAt, this.#olderAt);
      this.#recent = new Map();
    }
    this.#older.delete(jobId);
    this.#recent.set(jobId, timeline);
  }
}
