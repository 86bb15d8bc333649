/**
 * A job's log, live: each kept line once and in order, until the job has ended. It ends with a watch of the job's status, which
 * outlasts the same outages.
 *
 * A slow consumer learns how many lines it missed. A worker that lost its claim while it was disconnected may add its last
 * lines late: those appear only in lists.
 */
import { Follower, type FollowerDeps } from '../feed/follower.ts';
import type { Ending, Watch } from '../feed/watch.ts';
import type { LinesWanted, LoggedLine } from './attemptNotes.ts';

export interface LogWatchDeps extends FollowerDeps {
  readonly readLines: (jobId: string, wanted: LinesWanted) => Promise<readonly LoggedLine[]>;
}

export interface LogWatchOptions {
  readonly jobId: string;
  readonly afterSequence: number;
  readonly signal: AbortSignal | undefined;
  /** The job's transitions until its end; ended with this watch. */
  readonly transitions: Watch;
}

const linesAtOnce = 200;

export async function openLogWatch(
  { readLines, ...deps }: LogWatchDeps,
  { jobId, afterSequence, signal, transitions }: LogWatchOptions,
): Promise<Watch<LoggedLine>> {
  let ending: Ending | undefined;
  const follower = new Follower<LoggedLine>(deps, {
    jobId,
    after: afterSequence,
    positionOf: ({ sequence }) => sequence,
    onLeave: () => void transitions.return(),
    async read(after, leaving) {
      // Before the lines are read: the end comes with the last ones.
      const hasEnded = ending === 'complete';
      const items = await readLines(jobId, { after, limit: linesAtOnce, signal: leaving });
      const hasMore = items.length >= linesAtOnce;
      return { items, hasMore, isWhole: hasEnded && !hasMore };
    },
  });

  /** Each transition may come with lines. */
  function follow(): void {
    let isBehind = false;
    while (transitions.take() !== undefined) isBehind = true;
    ending ??= transitions.ending();
    if (ending instanceof Error) follower.fail(ending);
    else if (ending !== undefined || isBehind) follower.look();
  }

  const watch = follower.watch(signal);
  try {
    await follower.begin(() => {
      transitions.listen({ onChange: follow });
      follow();
    });
    return watch;
  } catch (error) {
    await watch.return();
    throw error;
  }
}
