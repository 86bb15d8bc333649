/** What the use cases depend on, wired once by `openCore` and passed to each. */
import type { Log } from '../../telemetry/log.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Clock } from '../clock.ts';
import type { Feed } from '../feed/feed.ts';
import type { JobTypes } from '../jobType.ts';
import type { ObjectAccess } from '../objectAccess.ts';
import type { JobQueues } from '../queue/jobQueues.ts';
import type { JobTable } from '../table/jobTable.ts';

export interface Core {
  /** The job types that can be handed in. */
  readonly jobTypes: JobTypes;
  readonly table: JobTable;
  readonly queues: JobQueues;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** The id for a time (milliseconds since the epoch; default: now). Ids ascend with time, so a table sorted by id is sorted by creation. */
  readonly newJobId: (at?: number) => string;
  readonly settings: {
    /** The number of attempts for a type that does not say it itself. */
    readonly attemptsPerReceive: number;
    readonly maxReceiveCount: number;
    readonly idempotencyTtlSeconds: number;
    readonly jobTtlDays: number;
    readonly objectAccess: ObjectAccess;
    readonly stuckAfterSeconds: number;
    readonly sweepAfterSeconds: number;
    readonly sweepIntervalSeconds: number;
    readonly sweepReadsPerMinute: number;
    /** Hosts that webhooks may call although they are private, and also by plain http. */
    readonly webhookPrivateHosts: readonly string[];
  };
}
