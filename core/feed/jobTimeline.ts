/**
 * Keeps one job's events in order, for the feed of a job and for that of an owner alike: each transition once, versions and
 * progress only upwards, and with each event the status before it. All hints and records are checked here before watchers get
 * them. A hint's numbers are believed, and a step between open states. The rest is read from the record: an end, the way out of
 * an end, the text of a failure, and an unlikely time.
 *
 * It keeps only a few numbers per job, since a process follows many jobs.
 */
import { isFinal, type Job, type JobFailure, type JobStatus } from '../job.ts';
import { eventsOf, presentEventOf, type JobEvent, type ToldJob } from './event.ts';
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

/** What is known of a job: its last event, or a part of it where events are withdrawn. */
type Last = Omit<JobEvent, 'jobId' | 'owner' | 'status'> & Partial<Pick<JobEvent, 'jobId' | 'owner'>> & Standing;

const unknown: Last = { version: 0, status: undefined, attempt: 0, at: 0 };

/** How far a writer's clock may be ahead of this machine's before the time is read from the record. */
const maxAheadMs = 60_000;

export class JobTimeline {
  /** The event as it was sent, so that it need not be kept twice. */
  #last: Last = unknown;

  /** Of the last transition; 0 while nothing is known of the job. */
  get version(): number {
    return this.#last.version;
  }

  get isFinal(): boolean {
    const { status } = this.#last;
    return status !== undefined && isFinal(status);
  }

  /** The job's version when the watch began: later ones are sent. */
  begin(event: JobEvent): void {
    this.#last = event;
  }

  /** Of a hint. `now`: milliseconds since the epoch. */
  judge(event: JobEvent, now: number): Judgement {
    if (event.logged !== undefined) return event.version > this.version ? 'gap' : 'old';
    if (event.version > this.version + 1) return 'gap';
    if (event.version > this.version) {
      const isStep = !this.isFinal && !isFinal(event.status);
      return isStep && isBelievable(event, this.#last, now) ? 'next' : 'unconfirmed';
    }
    if (isUpdate(event, this.#last)) return isBelievable(event, this.#last, now) ? 'update' : 'unconfirmed';
    // An end, although later events were already sent: one of the two is false, or this one is late.
    return isFinal(event.status) && !this.isFinal ? 'unconfirmed' : 'old';
  }

  get standing(): Standing {
    return this.#last;
  }

  /** Goes back to the state before the record's last transition. */
  rewind(job: ToldJob): void {
    const before = eventsOf(job).at(-2);
    if (before !== undefined) return this.begin(before);
    const { version, attempt, at } = presentEventOf(job);
    this.#last = { ...unknown, version: version - 1, attempt, at };
  }

  /** The event as it is sent; for one that was judged `next` or `update`. */
  take(event: JobEvent, recovered?: boolean): WatchedEvent {
    const last = this.#last;
    const { version, status, attempt, at, error } = event;
    // The same text as the event's own, which need not be kept too.
    const { jobId = event.jobId, owner = event.owner } = last;
    const isNewAttempt = last.version > 0 && attempt !== last.attempt;
    const isNext = version === last.version + 1;
    const knownBefore = version === last.version ? last.previousStatus : isNext ? last.status : undefined;
    const previousStatus = knownBefore ?? event.previousStatus;
    // Progress that is sent along with a new attempt is that of the attempt before.
    const progress = isNewAttempt ? undefined : furthest(last.progress, event.progress);
    const told = { jobId, owner, version, status, previousStatus, attempt, at, error, progress, recovered };
    this.#last = told;
    return told;
  }

  /**
   * What the record holds and watchers were not sent: transitions, oldest first, and an update of the last one. The first is
   * `recovered: false` where the history no longer holds those before it. Versions from `live` on came as hints and were only
   * confirmed here.
   */
  catchUp(job: ToldJob, live = Number.POSITIVE_INFINITY): readonly WatchedEvent[] {
    const told: WatchedEvent[] = [];
    for (const event of eventsOf(job)) {
      if (event.version <= this.version) continue;
      const isEnd = event.version === job.version && isFinal(job.status);
      const recovered = event.version > this.version + 1 ? false : event.version >= live ? undefined : true;
      told.push(this.take(isEnd ? { ...event, progress: job.progress } : event, recovered));
    }
    const update = presentEventOf(job);
    if (update.version === this.version && update.error !== this.#last.error) this.#last = { ...this.#last, error: update.error };
    if (isUpdate(update, this.#last)) told.push(this.take(update));
    return told;
  }
}

function isUpdate(event: JobEvent, last: Last): boolean {
  const isSameState = event.version === last.version && event.status === last.status;
  return isSameState && !isFinal(event.status) && isForward(event, last);
}

function isBelievable({ at, error }: JobEvent, last: Last, now: number): boolean {
  return at >= last.at && at <= now + maxAheadMs && isKnown(error, last.error);
}

function isKnown(error: JobFailure | undefined, known: JobFailure | undefined): boolean {
  if (error === undefined || error === known) return true;
  return (
    known !== undefined &&
    error.code === known.code &&
    error.message === known.message &&
    error.attempt === known.attempt &&
    error.at === known.at
  );
}

function isForward({ attempt, progress = -1 }: JobEvent, last: Last): boolean {
  return attempt === last.attempt ? progress > (last.progress ?? -1) : attempt > last.attempt;
}

/**
 * Whether a record that was read afterwards contradicts this timeline. Hints follow the writes that they announce, so in that
 * case some of the hints that were believed were forged.
 */
export function contradicts(job: Pick<Job, 'version' | 'history'>, { version, status }: Standing): boolean {
  if (job.version < version) return true;
  const entry = job.history.find((one) => one.version === version);
  return entry !== undefined && status !== undefined && entry.status !== status;
}

/** Whether the record that came with such a hint tells as much as a read would: everything since that version. */
export function tellsMore({ version }: Pick<Job, 'version'>, judgement: Judgement, since = 0): boolean {
  return (judgement === 'gap' || judgement === 'unconfirmed') && version > since;
}

function furthest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}
