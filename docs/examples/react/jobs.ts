/** The hooks of this app: one client, whose connection all components share. */
import { createJobTickets } from 'job-tickets-client';
import { createJobHooks } from 'job-tickets-react';
// Written by `job-tickets types --out jobTypes.d.ts`.
import type { JobTypes } from '../jobTypes.d.ts';

const api = new URLSearchParams(location.search).get('api') ?? 'http://127.0.0.1:4000';
const client = createJobTickets<JobTypes>({ url: `${api}/graphql` });

export const { useJob, useJobs, useCreateJob, useCancelJob, useRetryJob } = createJobHooks(client);
