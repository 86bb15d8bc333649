/** Hands a job in over HTTP and waits for its end, like a service that cannot subscribe. */
import { z } from 'zod';

/** Returns its status, result and error. @throws with the errors that GraphQL answers. */
export async function runJob(url: string, type: string, params: object): Promise<unknown> {
  const create = `mutation ($input: CreateJobInput!) { createJob(input: $input) { job { jobId } } }`;
  const created = z
    .object({ createJob: z.object({ job: z.object({ jobId: z.string() }) }) })
    .parse(await ask(create, { input: { type, params } }));
  const { jobId } = created.createJob.job;
  const waited = await ask('query ($jobId: ID!) { waitForJob(jobId: $jobId) { status result error { message } } }', { jobId });
  return z.object({ waitForJob: z.unknown() }).parse(waited).waitForJob;

  async function ask(query: string, variables: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    const answer = z.object({ data: z.unknown(), errors: z.unknown().optional() }).parse(await response.json());
    if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  }
}
