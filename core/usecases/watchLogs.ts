/**
 * A job's log, live: each kept line once and in order, until the job has ended. The entries are the truth; hints of the
 * feed say when to look, and where none come it is looked at intervals, as a job's record is. The end is that of a watch
 * of the job's status, which sees the job and survives what that survives.
 *
 * What is not taken is not read further, so a slow consumer costs no memory; of what it missed by that, the gap is told.
 * A worker that lost its claim while it was cut off may add its last lines late: those are in the lists alone.
 */
import { JobError } from '../errors.ts';
import type { JobEvent } from '../feed/event.ts';
import type { Feed, FeedListener } from '../feed/feed.ts';
import type { ReadSchedule, ScheduledReader } from '../feed/readSchedule.ts';
import { StreamWatch, WatchSet, type Ending, type Watch } from '../feed/watch.ts';
import type { LinesWanted, LoggedLine } from './attemptNotes.ts';

export interface LogWatchDeps {
  readonly feed: Pick<Feed, 'subscribe' | 'isConnected'>;
  readonly read: (jobId: string, wanted: LinesWanted) => Promise<readonly LoggedLine[]>;
  readonly schedule: ReadSchedule;
  readonly pollMs: number;
  readonly silenceMs: number;
  /** A read failed, and is tried again. */
  readonly onFailure: (error: unknown) => void;
  readonly onThrow: (error: unknown) => void;
}

export interface LogWatchOptions {
  readonly jobId: string;
  readonly afterSequence: number;
  readonly signal: AbortSignal | undefined;
  /** The job's transitions, to its end; ended with this watch. */
  readonly transitions: Watch;
}

export async function openLogWatch(deps: LogWatchDeps, options: LogWatchOptions): Promise<Watch<LoggedLine>> {
  const reader = new LogReader(deps, options);
  const watch = new LogWatch(reader, options.signal);
  try {
    await reader.begin();
    return watch;
  } catch (error) {
    await watch.return();
    throw error;
  }
}

const linesAtOnce = 200;
/** Of the interval, where the table does not answer or has nothing new. */
const maxBackoff = 10;

class LogReader implements FeedListener, ScheduledReader {
  dueTick = -1;
  readonly watches: WatchSet;
  readonly #deps: LogWatchDeps;
  readonly #jobId: string;
  readonly #transitions: Watch;
  readonly #leaving = new AbortController();
  #lines: LoggedLine[] = [];
  /** Up to here it was read. */
  #sequence: number;
  #pollMs: number;
  #isReading = false;
  /** There may be more than was read. */
  #isBehind = false;
  /** Of the transitions. */
  #ending: Ending | undefined;
  /** Read to the end, after the job's. */
  #isWhole = false;
  #unsubscribe: (() => Promise<void>) | undefined;

  constructor(deps: LogWatchDeps, { jobId, afterSequence, transitions }: LogWatchOptions) {
    this.#deps = deps;
    this.#jobId = jobId;
    this.#transitions = transitions;
    this.#sequence = afterSequence;
    this.#pollMs = deps.pollMs;
    this.watches = new WatchSet({ onEmpty: () => this.#leave(), onCount: () => undefined, onThrow: deps.onThrow });
  }

  async begin(): Promise<void> {
    const { feed } = this.#deps;
    const unsubscribe = await feed.subscribe({ jobId: this.#jobId }, this);
    if (this.#leaving.signal.aborted) return unsubscribe();
    this.#unsubscribe = unsubscribe;
    this.#transitions.listen({ onChange: () => this.#follow() });
    this.#follow();
    this.#look();
    this.#plan();
  }

  take(): LoggedLine | undefined {
    const line = this.#lines.shift();
    if (line === undefined && this.#isBehind) this.#look();
    return line;
  }

  ending(): Ending | undefined {
    if (this.#lines.length > 0) return undefined;
    if (this.#ending instanceof Error) return this.#ending;
    return this.#isWhole ? 'complete' : undefined;
  }

  onEvent(event: JobEvent): void {
    // Whatever it says, it costs a read at most.
    if (event.logged !== undefined) this.#look();
  }

  onInterrupted(): void {
    this.#pollMs = this.#deps.pollMs;
    this.#look();
    this.#plan();
  }

  remainingMs(): number {
    return 0;
  }

  read(): void {
    this.#look();
    this.#plan();
  }

  /** Each transition may come with lines; the end does with the last ones. */
  #follow(): void {
    while (this.#transitions.take() !== undefined) this.#isBehind = true;
    this.#ending ??= this.#transitions.ending();
    if (this.#ending instanceof Error) this.watches.changed();
    else if (this.#ending !== undefined || this.#isBehind) this.#look();
  }

  #look(): void {
    this.#isBehind = true;
    if (this.#isReading || this.#lines.length > 0 || this.#isWhole || this.#leaving.signal.aborted) return;
    this.#isReading = true;
    void this.#readOn().finally(() => {
      this.#isReading = false;
      this.watches.changed();
      // Nothing came of the read, and meanwhile there was word of more.
      if (this.#isBehind && this.#pollMs === this.#deps.pollMs) this.#look();
    });
  }

  async #readOn(): Promise<void> {
    const hasEnded = this.#ending === 'complete';
    this.#isBehind = false;
    try {
      const lines = await this.#deps.read(this.#jobId, { after: this.#sequence, limit: linesAtOnce, signal: this.#leaving.signal });
      this.#pollMs = lines.length > 0 || this.#deps.feed.isConnected({ jobId: this.#jobId }) ? this.#deps.pollMs : this.#longerPoll();
      this.#lines.push(...lines);
      this.#sequence = lines.at(-1)?.sequence ?? this.#sequence;
      if (lines.length >= linesAtOnce) this.#isBehind = true;
      else if (hasEnded) this.#isWhole = true;
    } catch (error) {
      this.#deps.onFailure(error);
      this.#isBehind = true;
      this.#pollMs = this.#longerPoll();
      this.#plan();
    }
  }

  #longerPoll(): number {
    return Math.min(maxBackoff * this.#deps.pollMs, 2 * this.#pollMs);
  }

  #plan(): void {
    if (this.#isWhole || this.#leaving.signal.aborted) return;
    const mustPoll = this.#pollMs !== this.#deps.pollMs || !this.#deps.feed.isConnected({ jobId: this.#jobId });
    this.#deps.schedule.after(this, mustPoll ? this.#pollMs : this.#deps.silenceMs);
  }

  #leave(): void {
    this.#leaving.abort(new JobError('SHUTTING_DOWN'));
    this.#deps.schedule.cancel(this);
    void this.#unsubscribe?.();
    void this.#transitions.return();
  }
}

class LogWatch extends StreamWatch<LoggedLine> {
  readonly #reader: LogReader;

  constructor(reader: LogReader, signal: AbortSignal | undefined) {
    super(reader.watches, signal);
    this.#reader = reader;
  }

  protected takeNext(): LoggedLine | undefined {
    return this.#reader.take();
  }

  protected endingOfStream(): Ending | undefined {
    return this.#reader.ending();
  }
}
