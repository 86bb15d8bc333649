/** Carries out the ticks of schedules that are due. */
import { createHash } from 'node:crypto';
import { monotonic } from '../clock.ts';
import { JobError } from '../errors.ts';
import { isFinal } from '../job.ts';
import { tickJobId, type Schedule } from '../schedule/schedule.ts';
import { asksForLast, settled, stepOf } from '../schedule/scheduleStep.ts';
import { tickTimes } from '../schedule/tickTimes.ts';
import type { Core } from './core.ts';
import { recordJob } from './recordJob.ts';
import { sendMessage } from './sendMessage.ts';
import { paramsOf, requestOf, scheduleDraft, scheduleKind, tickPlaces, tickRank, type KnownSchedule } from './schedules.ts';

const pageSize = 100;
const atOnce = 10;
/** For one schedule in one run: ticks that are made up for, and steps at all. */
const maxLate = 10;
const maxSteps = 400;

/**
 * Earliest first, and however long ago it was due. Any number of these at once, killed anywhere, make one job per tick. Begins
 * no further page after `forMs`. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function tickSchedules(core: Core, forMs = Infinity): Promise<{ readonly failed: number }> {
  const began = monotonic();
  const { low } = await core.table.time();
  let failed = 0;
  await Promise.all(
    tickPlaces.map(async (place) => {
      let cursor: string | undefined;
      do {
        const { rows, next } = await core.table.entries.listKeys(scheduleKind, {
          place,
          below: tickRank(low + 1),
          cursor,
          limit: pageSize,
        });
        for (let start = 0; start < rows.length; start += atOnce) {
          const some = await Promise.allSettled(rows.slice(start, start + atOnce).map(({ key }) => tickSchedule(core, key)));
          for (const one of some) {
            if (one.status === 'fulfilled') continue;
            // Each is independent: one that cannot be read, or whose message cannot be sent, stops no other.
            failed += 1;
            core.log.warn({ error: one.reason, place }, 'a schedule could not be continued; the next run tries again');
          }
        }
        cursor = next;
      } while (cursor !== undefined && monotonic() - began < forMs);
    }),
  );
  return { failed };
}

/** Continues one schedule up to the present time. */
async function tickSchedule(core: Core, key: string): Promise<void> {
  let entry = await core.table.entries.get(scheduleKind, key);
  let late = 0;
  for (let steps = 0; entry !== undefined && steps < maxSteps; steps += 1) {
    const schedule: Schedule = entry.value;
    const isLastOpen = asksForLast(schedule) && (await isOpen(core, schedule));
    const step = stepOf(schedule, tickTimes(schedule), await core.table.time(), isLastOpen);
    if (step.kind === 'wait') return;
    if (step.kind === 'carryOut') {
      entry = await carryOut(core, entry, step.at);
      continue;
    }
    if (step.isLate && (late += 1) > maxLate) return;
    entry = (await core.table.entries.replace(scheduleKind, entry, scheduleDraft(step.schedule))).entry;
  }
}

/** Makes the job of its pending tick, then completes the tick. Returns the schedule as it then is. */
export async function carryOut(core: Core, entry: KnownSchedule, at: number): Promise<KnownSchedule | undefined> {
  const refusal = await putTickJob(core, entry.value, at);
  return (await core.table.entries.replace(scheduleKind, entry, scheduleDraft(settled(entry.value, refusal)))).entry;
}

async function isOpen({ table }: Pick<Core, 'table'>, schedule: Schedule): Promise<boolean> {
  if (schedule.lastCreated === undefined) return false;
  const job = await table.get(tickJobId(schedule, schedule.lastCreated));
  return job !== undefined && !isFinal(job.status);
}

/** Returns why it was refused, if it was: what a schedule was made with may not be valid for ever. */
async function putTickJob(core: Core, schedule: Schedule, at: number): Promise<string | undefined> {
  const jobId = tickJobId(schedule, at);
  const traceId = createHash('sha256').update(jobId).digest('hex').slice(0, 32);
  try {
    const { job } = await recordJob(core, requestOf(schedule, await paramsOf(core, schedule), traceId), jobId, schedule.facts);
    // A job that another process has put may still lack its message. If this message is lost too, the sweeper sends it.
    if (job.status === 'PENDING' && job.waiting === undefined) {
      await sendMessage(core, job, 0).catch((error: unknown) => core.log.warn({ error, jobId }, 'a tick’s job could not be sent yet'));
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof JobError) || (error.code !== 'BAD_USER_INPUT' && error.code !== 'UNKNOWN_JOB_TYPE')) throw error;
    // A process of another version may have put it.
    if ((await core.table.get(jobId)) !== undefined) return undefined;
    core.log.warn({ error, jobId, type: schedule.type }, 'a schedule’s job is refused; its tick is missed');
    return error.message;
  }
}
