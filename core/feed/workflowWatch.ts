/**
 * Watches one workflow: each transition of each of its jobs and of the workflow itself, once, in order for each job. Events are
 * read from the records; hints only say which record to read, and where none come the records are read at intervals. Nothing
 * further is read until the consumer has taken what was read, so a slow consumer costs no memory, and a position says exactly
 * what it was sent.
 */
import { isFinal, type HistoryEntry, type Job, type JobStatus } from '../job.ts';
import { positionText, type Told } from '../workflow/position.ts';
import { isWorkflowOver, type Workflow } from '../workflow/workflow.ts';
import { eventsOf, type JobEvent } from './event.ts';
import type { Feed, FeedListener } from './feed.ts';
import type { ReadSchedule, ScheduledReader } from './readSchedule.ts';
import { StreamWatch, WatchesOf, type Ending, type Watch, type WatchSet } from './watch.ts';

export interface WorkflowTransition {
  readonly workflowId: string;
  /** Where to resume after this event. */
  readonly sequence: string;
  readonly at: number;
  /** A job's number; undefined where the event is the workflow's own. */
  readonly job?: { readonly name: string; readonly event: JobEvent & { readonly recovered: boolean | undefined } } | undefined;
  /** The workflow's own. */
  readonly change?: Workflow['history'][number] | undefined;
  readonly owner: string;
}

export interface WorkflowWatchDeps {
  readonly feed: Pick<Feed, 'subscribe' | 'unsubscribe' | 'isConnected'>;
  /** In the order asked for, up to 100. */
  readonly readJobs: (jobIds: readonly string[]) => Promise<readonly (Job | undefined)[]>;
  readonly readWorkflow: (workflowId: string) => Promise<Workflow | undefined>;
  readonly schedule: ReadSchedule;
  readonly pollMs: number;
  readonly silenceMs: number;
  readonly onFailure: (error: unknown) => void;
  readonly onThrow: (error: unknown) => void;
  readonly onCount: (change: 1 | -1) => void;
  /** The open watches: each is ended by calling its function. */
  readonly open: Set<(error: Error) => void>;
}

export interface WorkflowWatchOptions {
  readonly workflow: Workflow;
  /** By their numbers. */
  readonly jobIds: readonly string[];
  readonly names: readonly string[];
  /** Undefined: begins with the present state of each job. */
  readonly told: Told | undefined;
  readonly signal: AbortSignal | undefined;
}

export async function openWorkflowWatch(deps: WorkflowWatchDeps, options: WorkflowWatchOptions): Promise<Watch<WorkflowTransition>> {
  const reader = new WorkflowReader(deps, options);
  const watch = new WorkflowWatch(reader, options.signal);
  try {
    await reader.begin();
    return watch;
  } catch (error) {
    await watch.return();
    throw error;
  }
}

const readsAtOnce = 100;
const maxBackoff = 10;

class WorkflowReader implements FeedListener, ScheduledReader {
  dueTick = -1;
  readonly watches: WatchSet;
  readonly #deps: WorkflowWatchDeps;
  readonly #workflowId: string;
  readonly #owner: string;
  readonly #jobIds: readonly string[];
  readonly #names: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;
  /** Versions sent, or about to be sent: the workflow's first. */
  readonly #told: number[];
  /** Jobs of which only the last transition is wanted. */
  readonly #isFresh: boolean[];
  /** Numbers of jobs that have not ended, or have begun anew, when they were last read. */
  readonly #open = new Set<number>();
  /** Numbers of the records to read; 0 is the workflow. */
  readonly #dirty = new Set<number>();
  #events: WorkflowTransition[] = [];
  #pollMs: number;
  #isReading = false;
  #isOver = false;
  #hasLeft = false;
  /** The workflow was seen as ended, and its jobs are read once more. */
  #isConfirmed = false;
  #failure: Error | undefined;

  constructor(deps: WorkflowWatchDeps, { workflow, jobIds, names, told }: WorkflowWatchOptions) {
    this.#deps = deps;
    this.#workflowId = workflow.workflowId;
    this.#owner = workflow.owner;
    this.#jobIds = jobIds;
    this.#names = names;
    this.#numbers = new Map([workflow.workflowId, ...jobIds].map((id, number) => [id, number]));
    this.#told = [...(told ?? Array.from({ length: jobIds.length + 1 }, () => 0))];
    this.#isFresh = this.#told.map(() => told === undefined);
    this.#pollMs = deps.pollMs;
    this.watches = new WatchesOf({ onEmpty: () => this.#leave(), onCount: deps.onCount, onThrow: deps.onThrow });
  }

  async begin(): Promise<void> {
    this.#deps.open.add(this.#fail);
    // Subscribed before anything is read, so that nothing is missed in between.
    await this.#deps.feed.subscribe({ owner: this.#owner }, this);
    if (this.#hasLeft) return this.#deps.feed.unsubscribe({ owner: this.#owner }, this);
    this.read();
  }

  take(): WorkflowTransition | undefined {
    const event = this.#events.shift();
    if (event === undefined && this.#dirty.size > 0) this.#look();
    return event;
  }

  ending(): Ending | undefined {
    return this.#failure ?? this.#endingOfAll();
  }

  #endingOfAll(): Ending | undefined {
    return this.#isOver && this.#events.length === 0 ? 'complete' : undefined;
  }

  onEvent({ jobId, version, logged }: JobEvent): void {
    const number = this.#numbers.get(jobId);
    // Whatever a hint says, it costs one read at most. Progress is not part of this watch.
    if (number === undefined || logged !== undefined || version <= (this.#told[number] ?? 0)) return;
    this.#dirty.add(number);
    this.#look();
  }

  onInterrupted(): void {
    this.#pollMs = this.#deps.pollMs;
    this.read();
  }

  remainingMs(): number {
    return 0;
  }

  /** All records. */
  read(): void {
    for (const number of this.#told.keys()) this.#dirty.add(number);
    this.#look();
    this.#plan();
  }

  #look(): void {
    if (this.#isReading || this.#events.length > 0 || this.#isOver || this.#hasLeft || this.#dirty.size === 0) return;
    this.#isReading = true;
    void this.#readOn().then((isRead) => {
      this.#isReading = false;
      this.watches.changed();
      if (isRead) this.#look();
    });
  }

  /** The jobs first: if the workflow has ended, all their events are sent before its end. Returns whether anything was new. */
  async #readOn(): Promise<boolean> {
    const some = [...this.#dirty].filter((number) => number > 0).slice(0, readsAtOnce);
    const asked = some.length > 0 ? some : [0];
    for (const number of asked) this.#dirty.delete(number);
    try {
      if (some.length > 0) {
        const jobs = await this.#deps.readJobs(some.map((number) => this.#jobIds[number - 1] ?? ''));
        for (const [index, job] of jobs.entries()) {
          const number = some[index] ?? 0;
          if (job === undefined || isFinal(job.status)) this.#open.delete(number);
          else this.#open.add(number);
          if (job !== undefined) this.#merge(number, job);
        }
      } else await this.#readWorkflow();
      this.#pollMs = this.#isConnected() ? this.#deps.pollMs : this.#pollMs;
      return true;
    } catch (error) {
      this.#deps.onFailure(error);
      for (const number of asked) this.#dirty.add(number);
      this.#pollMs = Math.min(maxBackoff * this.#deps.pollMs, 2 * this.#pollMs);
      this.#plan();
      return false;
    }
  }

  async #readWorkflow(): Promise<void> {
    const workflow = await this.#deps.readWorkflow(this.#workflowId);
    if (workflow === undefined) {
      this.#isOver = true;
      return;
    }
    const told = this.#told[0] ?? 0;
    const isNews = workflow.version > told;
    if (isWorkflowOver(workflow) && isNews && !this.#isConfirmed) {
      // What its jobs did before the workflow ended is stored by then: they are read once more, and sent before its end.
      this.#isConfirmed = true;
      for (const number of this.#told.keys()) this.#dirty.add(number);
      return;
    }
    this.#isConfirmed = false;
    for (const change of this.#wanted(0, workflow.history)) {
      this.#told[0] = change.version;
      this.#push({ at: change.at, change });
    }
    // A job that was retried makes the workflow continue, even where that is not written yet.
    if (isWorkflowOver(workflow) && this.#dirty.size === 0 && this.#open.size === 0) this.#isOver = true;
  }

  #merge(number: number, job: Job): void {
    const events = eventsOf(job);
    for (const event of this.#wanted(number, events)) {
      const told = this.#told[number] ?? 0;
      const recovered = told > 0 && event.version > told + 1 ? false : undefined;
      this.#told[number] = event.version;
      const end = event.version === job.version ? { progress: job.progress } : {};
      this.#push({ at: event.at, job: { name: this.#names[number - 1] ?? '', event: { ...event, ...end, recovered } } });
    }
    // A workflow ends right after the last of its jobs.
    if (events.at(-1)?.status !== 'PENDING') this.#dirty.add(0);
  }

  #wanted<Entry extends Pick<HistoryEntry, 'version'>>(number: number, entries: readonly Entry[]): readonly Entry[] {
    const told = this.#told[number] ?? 0;
    const later = entries.filter(({ version }) => version > told);
    const isFresh = this.#isFresh[number] === true;
    this.#isFresh[number] = false;
    return isFresh ? later.slice(-1) : later;
  }

  #push(transition: Pick<WorkflowTransition, 'at' | 'job' | 'change'>): void {
    const { workflowId, owner } = { workflowId: this.#workflowId, owner: this.#owner };
    this.#events.push({ workflowId, owner, sequence: positionText(this.#told), ...transition });
  }

  #isConnected(): boolean {
    return this.#deps.feed.isConnected({ owner: this.#owner });
  }

  #plan(): void {
    if (this.#isOver || this.#hasLeft) return;
    const mustPoll = this.#pollMs !== this.#deps.pollMs || !this.#isConnected();
    this.#deps.schedule.after(this, mustPoll ? this.#pollMs : this.#deps.silenceMs);
  }

  readonly #fail = (error: Error): void => {
    this.#failure = error;
    this.watches.changed();
  };

  #leave(): void {
    this.#hasLeft = true;
    this.#deps.open.delete(this.#fail);
    this.#deps.schedule.cancel(this);
    void this.#deps.feed.unsubscribe({ owner: this.#owner }, this);
  }
}

class WorkflowWatch extends StreamWatch<WorkflowTransition> {
  readonly #reader: WorkflowReader;

  constructor(reader: WorkflowReader, signal: AbortSignal | undefined) {
    super(reader.watches, signal);
    this.#reader = reader;
  }

  protected takeNext(): WorkflowTransition | undefined {
    return this.#reader.take();
  }

  protected endingOfStream(): Ending | undefined {
    return this.#reader.ending();
  }
}

/** A hint about a workflow's own change. */
export function workflowHint({ workflowId: jobId, owner, version, status, updatedAt: at }: Workflow): JobEvent {
  return { jobId, owner, version, status: hintedStatus[status], attempt: 0, at, of: 'workflow' };
}

/** A workflow's states as hints carry them, which only have those of jobs. */
export const hintedStatus: Readonly<Record<Workflow['status'], JobStatus>> = {
  RUNNING: 'PENDING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED_FINAL',
  CANCELLED: 'CANCELLED',
};
