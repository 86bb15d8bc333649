/** What the streams of jobs stand on. */
import type { Log } from '../../telemetry/log.ts';
import type { Job } from '../job.ts';
import type { CaughtUpCounters } from './countCaughtUp.ts';
import type { JobEvent } from './event.ts';
import type { Feed } from './feed.ts';
import type { ReadSchedule } from './readSchedule.ts';

/** The same for all streams. */
export interface JobStreamDeps extends CaughtUpCounters {
  readonly feed: Feed;
  readonly read: (jobId: string) => Promise<Job | undefined>;
  readonly schedule: ReadSchedule;
  readonly now: () => number;
  readonly log: Log;
  /** How soon the table is read while the feed is away, in milliseconds; doubled each time that nothing is new, up to tenfold. */
  readonly pollMs: number;
  /** A job that nothing was heard of for so long is read, in milliseconds. */
  readonly silenceMs: number;
  /** Called once a stream, when its last watcher has gone or it has failed, with the update that was told last, if any. */
  readonly onIdle: (jobId: string, update: JobEvent | undefined) => void;
  /** Called with 1 and -1 as watchers come and go. */
  readonly onCount: (change: 1 | -1) => void;
}
