/** The ticks of a schedule: those of its cron expression or its interval, from its start to its end. */
import { cronTimes, type Times } from './cronTimes.ts';
import type { Schedule } from './schedule.ts';

export type Spec = Pick<Schedule, 'cron' | 'everySeconds' | 'timeZone' | 'anchor' | 'startsAt' | 'endsAt'>;

/** @throws {JobError} `BAD_USER_INPUT` for a cron expression or a time zone that cannot be read. */
export function tickTimes({ cron, everySeconds = 1, timeZone, anchor, startsAt = -Infinity, endsAt = Infinity }: Spec): Times {
  const times = cron === undefined ? intervalTimes(everySeconds * 1000, anchor) : cronTimes(cron, timeZone);
  return {
    after(at) {
      const time = times.after(Math.max(at, startsAt - 1));
      return time === undefined || time > endsAt ? undefined : time;
    },
    upTo: (at, count) => times.upTo(Math.min(at, endsAt), count).filter((time) => time >= startsAt),
  };
}

/** Never before the anchor. */
function intervalTimes(everyMs: number, anchor: number): Times {
  return {
    after: (at) => anchor + Math.max(0, Math.floor((at - anchor) / everyMs) + 1) * everyMs,
    upTo(at, count) {
      const newest = Math.floor((at - anchor) / everyMs);
      return Array.from({ length: Math.max(0, Math.min(count, newest + 1)) }, (_, index) => anchor + (newest - index) * everyMs);
    },
  };
}
