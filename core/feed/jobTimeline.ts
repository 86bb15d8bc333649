/**
 * Keeps one job's events in order, for the feed of a job and for that of an owner alike: each transition once, versions and
 * progress only upwards, and with each event the status before it. All hints and records are checked here before watchers get
 * them. A hint's numbers are believed, and a step between open states. The rest is read from the record: an end, the way out of
 * an end, the text of a failure, and an unlikely time.
 *
 * It keeps only a few numbers per job, since a process follows many jobs.
 */
import { isFinal, type Job, type JobFailure, type JobStatus } from '../job.ts';
import { eventsOf, presentEventOf, type JobEvent } from './event.ts';
import type { JobFacts } from './ownerLog.ts';
import type { WatchedEvent } from './watch.ts';

/**
 * `gap`: versions before it are missing here, and are read from the record. `unconfirmed`: it counts only if the record says
 * the same. `old`: it is not new.
 */
export type Judgement = 'next' | 'update' | 'gap' | 'unconfirmed' | 'old';

/** The position of a timeline. */
export interface Standing {
  readonly version: number;
  readonly status: JobStatus | undefined;
}

/** How far a writer's clock may be ahead of this machine's before the time is read from the record. */
const maxAheadMs = 60_000;

export class JobTimeline {
  /** As far as is known, watchers were sent everything up to this version before the job was dropped from memory. */
  presumedTold = 0;
  /** The job's fields that never change, for watchers that chose some jobs only. */
  facts: JobFacts | undefined;
  #version = 0;
  #status: JobStatus | undefined;
  #previousStatus: JobStatus | undefined;
  #attempt = 0;
  #at = 0;
  #error: JobFailure | undefined;
  #progress: number | undefined;

  /** Of the last transition; 0 while nothing is known of the job. */
  get version(): number {
    return this.#version;
  }

  get isFinal(): boolean {
    return this.#status !== undefined && isFinal(this.#status);
  }

  /** The job's version when the watch began: later ones are sent. */
  begin({ version, status, previousStatus, attempt, at, error, progress }: JobEvent): void {
    this.#version = version;
    this.#status = status;
    this.#previousStatus = previousStatus;
    this.#attempt = attempt;
    this.#at = at;
    this.#error = error;
    this.#progress = progress;
  }

  /** Of a hint. `now`: milliseconds since the epoch. */
  judge(event: JobEvent, now: number): Judgement {
    if (event.logged !== undefined) return event.version > this.#version ? 'gap' : 'old';
    if (event.version > this.#version + 1) return 'gap';
    if (event.version > this.#version) {
      const isStep = !this.isFinal && !isFinal(event.status);
      return isStep && this.#isBelievable(event, now) ? 'next' : 'unconfirmed';
    }
    if (this.#isUpdate(event)) return this.#isBelievable(event, now) ? 'update' : 'unconfirmed';
    // An end, although later events were already sent: one of the two is false, or this one is late.
    return isFinal(event.status) && !this.isFinal ? 'unconfirmed' : 'old';
  }

  get standing(): Standing {
    return { version: this.#version, status: this.#status };
  }

  /** Goes back to the state before the record's last transition. */
  rewind(job: Job): void {
    const before = eventsOf(job).at(-2);
    if (before !== undefined) return this.begin(before);
    this.begin({ ...presentEventOf(job), version: job.version - 1, previousStatus: undefined, progress: undefined, error: undefined });
    this.#status = undefined;
  }

  /** The event as it is sent; for one that was judged `next` or `update`. */
  take(event: JobEvent, recovered?: boolean): WatchedEvent {
    const isNewAttempt = this.#version > 0 && event.attempt !== this.#attempt;
    const isNext = event.version === this.#version + 1;
    const knownBefore = event.version === this.#version ? this.#previousStatus : isNext ? this.#status : undefined;
    const previousStatus = knownBefore ?? event.previousStatus;
    // Progress that is sent along with a new attempt is that of the attempt before.
    this.begin({ ...event, previousStatus, progress: isNewAttempt ? undefined : furthest(this.#progress, event.progress) });
    return { ...event, previousStatus, progress: this.#progress, recovered };
  }

  /**
   * What the record holds and watchers were not sent: transitions, oldest first, and an update of the last one. The first is
   * `recovered: false` where the history no longer holds those before it. Versions from `live` on came as hints and were only
   * confirmed here.
   */
  catchUp(job: Job, live = Number.POSITIVE_INFINITY): readonly WatchedEvent[] {
    const told: WatchedEvent[] = [];
    for (const event of eventsOf(job)) {
      if (event.version <= this.#version) continue;
      const isEnd = event.version === job.version && isFinal(job.status);
      const recovered = event.version > this.#version + 1 ? false : event.version >= live ? undefined : true;
      told.push(this.take(isEnd ? { ...event, progress: job.progress } : event, recovered));
    }
    const update = presentEventOf(job);
    if (update.version === this.#version) this.#error = update.error;
    if (this.#isUpdate(update)) told.push(this.take(update));
    return told;
  }

  #isUpdate(event: JobEvent): boolean {
    return event.version === this.#version && event.status === this.#status && !this.isFinal && this.#isForward(event);
  }

  #isBelievable({ at, error }: JobEvent, now: number): boolean {
    return at >= this.#at && at <= now + maxAheadMs && this.#isKnown(error);
  }

  #isKnown(error: JobFailure | undefined): boolean {
    const known = this.#error;
    if (error === undefined || error === known) return true;
    return (
      known !== undefined &&
      error.code === known.code &&
      error.message === known.message &&
      error.attempt === known.attempt &&
      error.at === known.at
    );
  }

  #isForward({ attempt, progress = -1 }: JobEvent): boolean {
    return attempt === this.#attempt ? progress > (this.#progress ?? -1) : attempt > this.#attempt;
  }
}

/**
 * Whether a record that was read afterwards contradicts this timeline. Hints follow the writes that they announce, so in that
 * case some of the hints that were believed were forged.
 */
export function contradicts(job: Job, { version, status }: Standing): boolean {
  if (job.version < version) return true;
  const entry = job.history.find((one) => one.version === version);
  return entry !== undefined && status !== undefined && entry.status !== status;
}

/** Whether the record that came with such a hint tells as much as a read would: everything since that version. */
export function tellsMore({ version }: Job, judgement: Judgement, since = 0): boolean {
  return (judgement === 'gap' || judgement === 'unconfirmed') && version > since;
}

function furthest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}
