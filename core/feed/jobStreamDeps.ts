/** What the streams of jobs depend on. */
import type { Log } from '../../telemetry/log.ts';
import type { Job } from '../job.ts';
import type { CaughtUpCounters } from './countCaughtUp.ts';
import type { JobEvent } from './event.ts';
import type { Feed } from './feed.ts';
import type { ReadSchedule } from './readSchedule.ts';

/** Shared by all streams. */
export interface JobStreamDeps extends CaughtUpCounters {
  readonly feed: Feed;
  readonly read: (jobId: string) => Promise<Job | undefined>;
  readonly schedule: ReadSchedule;
  readonly now: () => number;
  readonly log: Log;
  /** How soon the table is read while the feed is away, in milliseconds; doubled each time that nothing is new, up to ten times this. */
  readonly pollMs: number;
  /** A job about which no hint came for so long is read, in milliseconds. */
  readonly silenceMs: number;
  /** Called once per stream, when its last watcher has left or it has failed, with the last update that it sent, if any. */
  readonly onIdle: (jobId: string, update: JobEvent | undefined) => void;
  /** Called with 1 and -1 as watchers come and go. */
  readonly onCount: (change: 1 | -1) => void;
}
