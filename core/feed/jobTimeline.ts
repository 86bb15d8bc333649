/**
 * The order of one job's events, the same for the feed of a job and for that of an owner: each transition once, versions
 * and progress only upwards, and with each the status of the version before. Whatever comes, as a hint or in a record, is
 * judged here before it is told.
 *
 * Few numbers a job, since a process knows many.
 */
import { isFinal, type Job, type JobStatus } from '../job.ts';
import { eventsOf, presentEventOf, type JobEvent } from './event.ts';
import type { WatchedEvent } from './watch.ts';

/** `gap`: versions before it are missing here, and are in the record. `old`: it tells nothing new. */
export type Judgement = 'next' | 'update' | 'gap' | 'old';

export class JobTimeline {
  /** Up to this version it was told before it was forgotten, as far as anybody knows. */
  presumedTold = 0;
  #version = 0;
  #status: JobStatus | undefined;
  #previousStatus: JobStatus | undefined;
  #attempt = 0;
  #progress: number | undefined;

  /** Of the last transition; 0 while nothing is known of the job. */
  get version(): number {
    return this.#version;
  }

  get isFinal(): boolean {
    return this.#status !== undefined && isFinal(this.#status);
  }

  /** The job stood here when the watch began: what follows is told. */
  begin({ version, status, previousStatus, attempt, progress }: JobEvent): void {
    this.#version = version;
    this.#status = status;
    this.#previousStatus = previousStatus;
    this.#attempt = attempt;
    this.#progress = progress;
  }

  judge(event: JobEvent): Judgement {
    if (event.version > this.#version + 1) return 'gap';
    if (event.version > this.#version) return 'next';
    return event.version === this.#version && event.status === this.#status && !this.isFinal && this.#isForward(event) ? 'update' : 'old';
  }

  /** The event as it is told; for one that was judged `next` or `update`. */
  take(event: JobEvent, recovered?: boolean): WatchedEvent {
    const isNewAttempt = this.#version > 0 && event.attempt !== this.#attempt;
    const isNext = event.version === this.#version + 1;
    const knownBefore = event.version === this.#version ? this.#previousStatus : isNext ? this.#status : undefined;
    const previousStatus = knownBefore ?? event.previousStatus;
    // What is told along with a new attempt is how far the one before had come.
    this.begin({ ...event, previousStatus, progress: isNewAttempt ? undefined : furthest(this.#progress, event.progress) });
    return { ...event, previousStatus, progress: this.#progress, recovered };
  }

  /**
   * What the record holds and nobody told: transitions, oldest first, and an update of the last. The first is `recovered: false` where
   * history no longer holds those before it. The one of version `live` was told by a hint, and only read again.
   */
  catchUp(job: Job, live?: number): readonly WatchedEvent[] {
    const told: WatchedEvent[] = [];
    for (const event of eventsOf(job)) {
      if (event.version <= this.#version) continue;
      const isEnd = event.version === job.version && isFinal(job.status);
      const recovered = event.version > this.#version + 1 ? false : event.version === live ? undefined : true;
      told.push(this.take(isEnd ? { ...event, progress: job.progress } : event, recovered));
    }
    const update = presentEventOf(job);
    if (this.judge(update) === 'update') told.push(this.take(update));
    return told;
  }

  #isForward({ attempt, progress = -1 }: JobEvent): boolean {
    return attempt === this.#attempt ? progress > (this.#progress ?? -1) : attempt > this.#attempt;
  }
}

function furthest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}
