/**
 * What a feed of many jobs remembers of each, in bounded memory. What was not touched for the longest is forgotten, and
 * of all that is forgotten one thing is kept: until when it can have been told. Of a job that is met again its record
 * then says what is new: what happened later.
 */
import { JobTimeline } from './jobTimeline.ts';

/** One generation of two: up to twice as many jobs are remembered, at about 150 bytes each. */
const maxJobs = 50_000;

export class JobTimelines {
  readonly #maxJobs: number;
  #recent = new Map<string, JobTimeline>();
  #older = new Map<string, JobTimeline>();
  #recentAt = Number.NEGATIVE_INFINITY;
  #olderAt = Number.NEGATIVE_INFINITY;
  #forgottenAt = Number.NEGATIVE_INFINITY;

  /** `limit`: of one generation. */
  constructor(limit = maxJobs) {
    this.#maxJobs = limit;
  }

  /** No transition of a job that was forgotten, and that was told, is later. */
  get forgottenAt(): number {
    return this.#forgottenAt;
  }

  get(jobId: string): JobTimeline | undefined {
    const recent = this.#recent.get(jobId);
    if (recent !== undefined) return recent;
    const older = this.#older.get(jobId);
    if (older !== undefined) this.#put(jobId, older);
    return older;
  }

  add(jobId: string): JobTimeline {
    const timeline = new JobTimeline();
    this.#put(jobId, timeline);
    return timeline;
  }

  /** A transition of this time was told. */
  told(at: number): void {
    this.#recentAt = Math.max(this.#recentAt, at);
  }

  #put(jobId: string, timeline: JobTimeline): void {
    if (this.#recent.size >= this.#maxJobs) {
      if (this.#older.size > 0) this.#forgottenAt = this.#olderAt;
      this.#older = this.#recent;
      // It holds what was told of its jobs when they were still in the generation before.
      this.#olderAt = Math.max(this.#recentAt, this.#olderAt);
      this.#recent = new Map();
    }
    this.#older.delete(jobId);
    this.#recent.set(jobId, timeline);
  }
}
