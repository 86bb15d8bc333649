/**
 * A schedule by the typed client: makes one, triggers it once beside its ticks, waits for that job, and deletes it.
 *   npx node docs/examples/schedules.ts [http://127.0.0.1:4000]
 */
import { createJobTickets, JobTicketsError } from 'job-tickets-client';
import type { JobTypes } from './jobTypes.d.ts';

await using client = createJobTickets<JobTypes>({ url: `${process.argv[2] ?? 'http://127.0.0.1:4000'}/graphql` });

const nightly = { name: 'nightly report', cron: '30 2 * * MON-FRI', timeZone: 'Europe/Berlin', type: 'simulate_work' } as const;
try {
  const schedule = await client.createSchedule(nightly);
  console.log('next', schedule.nextRuns[0]);
} catch (error) {
  // A second deployment means the same schedule.
  if (!(error instanceof JobTicketsError) || error.code !== 'SCHEDULE_NAME_TAKEN') throw error;
}

for await (const { scheduleId, name, lastTick } of client.schedules()) {
  console.log(name, lastTick?.outcome ?? 'has had no tick yet');
  if (name !== nightly.name) continue;
  const { jobId } = await client.triggerSchedule(scheduleId);
  console.log('triggered', (await client.waitForJob(jobId)).status);
  await client.deleteSchedule(scheduleId);
}
