/**
 * A web front end with graphql-ws: a button hands in a job, and the page follows it live. When the connection is lost,
 * it connects again and resumes after the last version it saw. The page's origin has to stand in CORS_ORIGINS.
 *   Serve the project's folder, and open docs/examples/web/index.html?api=http://127.0.0.1:4000
 */
import { createClient } from 'graphql-ws';

const api = new URLSearchParams(location.search).get('api') ?? 'http://127.0.0.1:4000';
// Tried again below, with the version that was seen, and not by the library, which would begin from the start.
const client = createClient({ url: `${api.replace(/^http/, 'ws')}/graphql`, retryAttempts: 0 });

const button = document.querySelector('#start');
const bar = document.querySelector('#progress');
const line = document.querySelector('#status');

button.addEventListener('click', () => void makeReport());

async function makeReport() {
  button.disabled = true;
  try {
    const jobId = await createJob({ type: 'simulate_work', params: { durationMs: 1500, steps: 15 } });
    for await (const { status, progress, error } of watchJob(jobId)) {
      bar.value = status === 'SUCCEEDED' ? 100 : (progress ?? bar.value);
      line.textContent = error === null ? status : `${status}: ${error.message}`;
    }
  } catch (error) {
    line.textContent = error.message;
  }
  button.disabled = false;
}

/** Over HTTP, as any mutation may be. */
async function createJob(input) {
  const response = await fetch(`${api}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify({
      query: 'mutation ($input: CreateJobInput!) { createJob(input: $input) { job { jobId } } }',
      variables: { input },
    }),
  });
  const { data, errors } = await response.json();
  if (errors !== undefined) throw new Error(errors[0].message);
  return data.createJob.job.jobId;
}

/** Each change of the job, once and in order, until it has ended. */
async function* watchJob(jobId) {
  const query = `subscription ($jobId: ID!, $afterVersion: Int) {
    jobStatusChanged(jobId: $jobId, afterVersion: $afterVersion) { version status progress error { message } }
  }`;
  let afterVersion;
  for (let tries = 0; ; tries += 1) {
    try {
      for await (const { data, errors } of client.iterate({ query, variables: { jobId, afterVersion } })) {
        if (errors !== undefined) throw new Error(errors[0].message);
        tries = 0;
        afterVersion = data.jobStatusChanged.version;
        yield data.jobStatusChanged;
      }
      return;
    } catch (error) {
      // A list of errors is the API's own word; all else is the connection's.
      if (Array.isArray(error) && error[0]?.extensions?.code !== 'SHUTTING_DOWN') throw new Error(error[0].message, { cause: error });
      line.textContent = 'Connection lost, trying again …';
      await new Promise((resolve) => setTimeout(resolve, Math.min(10_000, 250 * 2 ** tries)));
    }
  }
}
