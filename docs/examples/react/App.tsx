/** Makes reports: a button hands one in, its card follows it live, and a list below shows what else there is. */
import { skipToken } from 'job-tickets-react';
import { useState } from 'react';
import { useCancelJob, useCreateJob, useJob, useJobs, useRetryJob } from './jobs.ts';

export function App() {
  const create = useCreateJob('simulate_work');
  const [selected, select] = useState<string>();
  const jobId = selected ?? create.data?.jobId;
  const order = (): void => {
    select(undefined);
    create.mutate({ durationMs: 4000, steps: 40, payload: 'a report' });
  };
  return (
    <>
      <h1>Reports</h1>
      <button type="button" onClick={order} disabled={create.status === 'pending'}>
        Make the report
      </button>
      {create.error !== undefined && <p role="alert">{create.error.message}</p>}
      <JobCard jobId={jobId ?? skipToken} />
      <JobList onSelect={select} />
    </>
  );
}

function JobCard({ jobId }: { readonly jobId: string | typeof skipToken }) {
  const { data: job, error, status, connection } = useJob<'simulate_work'>(jobId);
  const [cancel, retry] = [useCancelJob(), useRetryJob()];
  if (error !== undefined) return <p role="alert">{error.message}</p>;
  if (job === undefined) return <p>{status === 'idle' ? 'Nothing is being made.' : 'Loading …'}</p>;
  return (
    <section aria-label="The report" data-job={job.jobId}>
      <p role="status">
        {job.status}
        {connection === 'lost' && ', the connection is lost, trying again …'}
      </p>
      <progress aria-label="Progress" max={100} value={job.status === 'SUCCEEDED' ? 100 : (job.progress ?? 0)} />
      {status === 'live' && (
        <button type="button" onClick={() => cancel.mutate(job.jobId)}>
          Cancel
        </button>
      )}
      {status === 'ended' && job.status !== 'SUCCEEDED' && (
        <button type="button" onClick={() => retry.mutate(job.jobId)}>
          Try again
        </button>
      )}
      {job.result !== null && <p>Done after {job.result.attempts} attempt(s)</p>}
    </section>
  );
}

function JobList({ onSelect }: { readonly onSelect: (jobId: string) => void }) {
  const { data: jobs = [], status } = useJobs({ first: 10 });
  if (status === 'loading') return <p>Loading …</p>;
  return (
    <ul aria-label="All reports">
      {jobs.map(({ jobId, status: jobStatus, createdAt }) => (
        <li key={jobId}>
          <button type="button" onClick={() => onSelect(jobId)}>
            {new Date(createdAt).toLocaleTimeString()}: {jobStatus}
          </button>
        </li>
      ))}
    </ul>
  );
}
