/** Watchers of a workflow and of some of its jobs, which take events at random times, leave, and resume where they were. */
import { JobError } from '../../core/errors.ts';
import { openJobStream } from '../../core/feed/jobStream.ts';
import type { JobStreamDeps } from '../../core/feed/jobStreamDeps.ts';
import { ReadSchedule } from '../../core/feed/readSchedule.ts';
import type { Watch } from '../../core/feed/watch.ts';
import { finalStatuses, isFinal } from '../../core/job.ts';
import type { Core } from '../../core/usecases/core.ts';
import { openWatchOfWorkflow, type WorkflowWatchesDeps } from '../../core/usecases/watchWorkflow.ts';
import type { SeenEvent, Watcher } from '../faults/history.ts';
import type { SeenTransition } from '../faults/workflowWatchChecker.ts';

export interface GraphWatchers {
  readonly ofWorkflow: readonly SeenTransition[];
  readonly ofJobs: readonly Watcher[];
  readonly wrong: readonly string[];
  /** Each of them does its next action. `staying`: none leaves any more. */
  step(staying?: boolean): void;
  /** Time passes for watchers that read the table because no hints came. */
  tick(): void;
}

export interface GraphWatchersDeps {
  /** A core whose reads may fail. */
  readonly core: Core;
  readonly chance: () => number;
  readonly owner: string;
  readonly workflowId: string;
  readonly jobIds: readonly string[];
}

const tickMs = 500;
const isFinalText = (status: string): boolean => finalStatuses.some((one) => one === status);

export function createGraphWatchers({ core, chance, owner, workflowId, jobIds }: GraphWatchersDeps): GraphWatchers {
  let elapsed = 0;
  const wrong: string[] = [];
  const schedule = new ReadSchedule({ maxReadsPerSecond: 1000, elapsed: () => elapsed, random: chance });
  const shared = {
    feed: core.feed,
    schedule,
    pollMs: 500,
    silenceMs: 2000,
    onCount: () => undefined,
    onRepair: () => undefined,
    onTransition: () => undefined,
    now: core.clock.now,
    log: core.log,
  };
  const workflowDeps: WorkflowWatchesDeps = {
    ...shared,
    table: core.table,
    readJobs: core.table.getMany,
    open: new Set(),
    onFailure: () => undefined,
    onThrow: (error) => void wrong.push(String(error)),
  };
  const jobDeps: JobStreamDeps = { ...shared, read: core.table.get, onIdle: () => undefined };

  const ofWorkflow: SeenTransition[] = [];
  let sequence: string | undefined;
  const whole = visitor(() => openWatchOfWorkflow(workflowDeps, { owner, workflowId, afterSequence: sequence }), {
    take({ sequence: at, job, change }) {
      sequence = at;
      if (job !== undefined) ofWorkflow.push({ name: job.name, ...job.event });
      else if (change !== undefined) ofWorkflow.push({ name: undefined, ...change });
    },
    completed(staying) {
      const last = ofWorkflow.findLast(({ name }) => name === undefined);
      if (last?.status === 'RUNNING') wrong.push('a watch of the workflow completed before the workflow had ended');
      // From here on nothing is retried.
      const open = new Map(ofWorkflow.map(({ name, status }) => [name, status]));
      for (const [name, status] of open) {
        if (staying && name !== undefined && !isFinalText(status))
          wrong.push(`a watch of the workflow completed when the last status that it had sent for ${name} was ${status}`);
      }
    },
  });

  const ofJobs = jobIds.map((jobId) => {
    const events: SeenEvent[] = [];
    const one = visitor(async () => (await openJobStream(jobId, jobDeps)).watch({ afterVersion: events.at(-1)?.version }), {
      take: (event) => void events.push(event),
      completed() {
        const last = events.at(-1);
        if (last !== undefined && !isFinal(last.status)) wrong.push(`a watch of ${jobId} completed at ${last.status}`);
      },
    });
    return { watcher: { owner, jobId, events, end: 'left' as const }, step: one };
  });

  /** Opens a watch, takes events from it, and leaves it. */
  function visitor<Event>(
    open: () => Promise<Watch<Event>>,
    { take, completed }: { readonly take: (event: Event) => void; readonly completed: (staying: boolean) => void },
  ): (staying: boolean) => void {
    let watch: Watch<Event> | undefined;
    let isOpening = false;
    return (staying) => {
      if (watch === undefined) {
        if (isOpening || (!staying && chance() < 0.7)) return;
        isOpening = true;
        void open()
          .then((opened) => (watch = opened), expected)
          .finally(() => (isOpening = false));
        return;
      }
      const most = staying ? Infinity : Math.floor(chance() * 5);
      for (let count = 0; count < most; count += 1) {
        const event = watch.take();
        if (event === undefined) break;
        take(event);
      }
      const ending = watch.ending();
      if (ending === undefined && (staying || chance() > 0.05)) return;
      if (ending === 'complete') completed(staying);
      else if (ending !== undefined) expected(ending);
      void watch.return();
      watch = undefined;
    };
  }

  function expected(error: unknown): void {
    if (!(error instanceof JobError) || !['TABLE_UNAVAILABLE', 'JOB_NOT_FOUND'].includes(error.code)) wrong.push(String(error));
  }

  return {
    ofWorkflow,
    ofJobs: ofJobs.map(({ watcher }) => watcher),
    wrong,
    step(staying = false) {
      whole(staying);
      for (const { step } of ofJobs) step(staying);
    },
    tick() {
      elapsed += tickMs;
      schedule.tick();
    },
  };
}
