/** Each night 200 files are imported side by side, and a report says what came of them. */
import { JobTicketsError, type AnyJobTypes, type JobTickets, type Schedule } from 'job-tickets-client';

const nightly = { name: 'files of the night', cron: '30 2 * * *', timeZone: 'Europe/Berlin', type: 'import_night', params: { files: 200 } };

/** A second deployment means the same schedule. */
export async function scheduleImport(client: JobTickets<AnyJobTypes>): Promise<Schedule> {
  try {
    return await client.createSchedule(nightly);
  } catch (error) {
    if (!(error instanceof JobTicketsError) || error.code !== 'SCHEDULE_NAME_TAKEN') throw error;
    for await (const schedule of client.schedules()) if (schedule.name === nightly.name) return schedule;
    throw error;
  }
}
