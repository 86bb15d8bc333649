/** The end of a handler's sleep, kept where its next run finds it. */
import { z } from 'zod';
import type { Job } from '../job.ts';
import { defineEntryKind } from '../table/entries.ts';
import type { Core } from './core.ts';
import { keptKey, keptPlace } from './steps.ts';

const sleepKind = defineEntryKind('sleep', z.object({ until: z.number() }));

/** 365 days. */
export const maxSleepSeconds = 365 * 86_400;

/** When it ends, in the service's time: so many seconds after it was first begun. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function beginSleep(
  { table }: Pick<Core, 'table'>,
  job: Pick<Job, 'jobId' | 'stepsFrom'>,
  name: string,
  seconds: number,
): Promise<number> {
  const key = keptKey(job, name);
  const present = await table.entries.get(sleepKind, key);
  if (present !== undefined) return present.value.until;
  const until = Math.ceil((await table.time()).high + seconds * 1000);
  const { entry } = await table.entries.create(sleepKind, { key, value: { until }, place: keptPlace(job, 'sleep', until, name) });
  return entry?.value.until ?? until;
}
