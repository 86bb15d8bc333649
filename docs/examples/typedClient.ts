/**
 * The typed client: hands in a job, watches it to its end, and reads its result. Lost connections and
 * restarts of the server are its business, not yours.
 *   npx node docs/examples/typedClient.ts [http://127.0.0.1:4000]
 */
import { createJobTickets } from 'job-tickets-client';
// Written by `job-tickets types --out jobTypes.d.ts`.
import type { JobTypes } from './jobTypes.d.ts';

const url = `${process.argv[2] ?? 'http://127.0.0.1:4000'}/graphql`;
await using client = createJobTickets<JobTypes>({ url });

// Params are checked by the compiler; the result below has its type too.
const { job } = await client.createJob({ type: 'simulate_work', params: { durationMs: 400, steps: 4, payload: 'hello' } });

for await (const { version, status, progress } of client.watchJob(job.jobId)) {
  console.log(version, status, progress === null ? '' : `${progress} %`);
}

const { status, result } = await client.waitForJob<'simulate_work'>(job.jobId);
console.log(status, result?.payload, `after ${result?.sleptMs} ms of sleep`);
