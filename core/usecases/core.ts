/** What the use cases stand on, wired once by `openCore` and handed to each. */
import type { Log } from '../../telemetry/log.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Clock } from '../clock.ts';
import type { Feed } from '../feed/feed.ts';
import type { JobTypes } from '../jobType.ts';
import type { ObjectAccess } from '../objectAccess.ts';
import type { JobQueues } from '../queue/jobQueues.ts';
import type { JobTable } from '../table/jobTable.ts';

export interface Core {
  /** What can be handed in. */
  readonly jobTypes: JobTypes;
  readonly table: JobTable;
  readonly queues: JobQueues;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Of a moment (milliseconds since the epoch; default: now). Ascending in time, so that a table sorted by it is sorted by creation. */
  readonly newJobId: (at?: number) => string;
  readonly settings: {
    /** Attempts of a type that says nothing itself. */
    readonly attemptsPerReceive: number;
    readonly maxReceiveCount: number;
    readonly idempotencyTtlSeconds: number;
    readonly jobTtlDays: number;
    readonly objectAccess: ObjectAccess;
    readonly stuckAfterSeconds: number;
    readonly sweepAfterSeconds: number;
    readonly sweepIntervalSeconds: number;
    readonly sweepReadsPerMinute: number;
    /** Hosts that webhooks may call although they are private, and by plain http. */
    readonly webhookPrivateHosts: readonly string[];
  };
}
