/** A process that writes to a table on SQLite until it is killed, and reports each write that was answered, early or not. */
import { exactly, systemClock } from '../../core/clock.ts';
import { openSqliteTable } from '../../core/table/sqlite/table.ts';
import { inline, makeJob } from '../support/jobFactory.ts';

const [file = ''] = process.argv.slice(2);
const table = await openSqliteTable({ file, jobTtlDays: 30, clock: systemClock });

/** One after the other: a later write was decided when the earlier one was on the disk. */
async function write(owner: string): Promise<void> {
  for (;;) {
    const { job } = await table.create(makeJob({ owner, params: inline('x'.repeat(300)) }));
    if (job === undefined) throw new Error('the job was not created');
    process.stdout.write(`${owner} ${job.jobId} 1\n`);
    const [now, early] = [exactly(Date.now()), Math.random() < 0.5];
    const changes = early ? { claim: { id: 'claim', expiresAt: now.high + 1000 } } : {};
    const moved = await table.transition(early ? 'claim' : 'cancel', job.jobId, { facts: { now, version: 1 }, attempt: 0, changes, early });
    if (moved.ok) process.stdout.write(`${owner} ${job.jobId} 2\n`);
  }
}

await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(write));
