/** The dashboard's documents for the API. test/browser checks them against the schema. */
import type { JobFailure, JobHistoryEntry, JobPriority, JobStatus, JobStatusEvent, WaitingReason } from '../client/job.ts';
import { eventFields } from '../client/job.ts';
import type { JobOutput } from './panelDocuments.ts';

/** A job as the table shows it. */
export interface ListedJob {
  readonly jobId: string;
  readonly owner: string;
  readonly type: string;
  readonly tags: readonly string[];
  readonly status: JobStatus;
  readonly priority: JobPriority;
  readonly error: JobFailure | null;
  readonly progress: number | null;
  readonly waitingReason: WaitingReason | null;
  readonly waitingUntil: string | null;
  readonly awaitedSignals: readonly string[];
  readonly attempts: number;
  readonly version: number;
  readonly generation: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly history: readonly JobHistoryEntry[];
}

/** A job as its own panel shows it. */
export interface FullJob extends ListedJob {
  readonly params: unknown;
  readonly result: unknown;
  readonly traceId: string;
  readonly idempotencyKey: string | null;
  readonly expiresAt: string;
  readonly runAt: string | null;
  readonly concurrencyKey: string | null;
  readonly outputs: readonly JobOutput[];
}

export interface JobTypeInfo {
  readonly name: string;
  readonly description: string;
  readonly paramsSchema: unknown;
  readonly example: unknown;
}

export interface Filter {
  readonly status?: readonly JobStatus[];
  readonly type?: readonly string[];
  /** The jobs must have all of these. */
  readonly tags?: readonly string[];
  readonly errorFingerprint?: string;
  /** RFC 3339. */
  readonly createdAfter?: string;
  readonly createdBefore?: string;
}

/** Neither: the caller's own jobs. */
export interface Whose {
  readonly owner?: string | undefined;
  readonly allOwners?: boolean;
}

export interface JobCount {
  readonly count: number;
  /** False: there are at least so many. */
  readonly isExact: boolean;
}

const failure = 'error { code message attempt at }';
const listed = `jobId owner type tags status priority ${failure} progress waitingReason waitingUntil awaitedSignals attempts version generation
  createdAt updatedAt startedAt finishedAt history { version status at attempt ${failure} }`;

export const documents = {
  list: `query List($filter: JobsFilter, $owner: String, $allOwners: Boolean, $first: Int, $after: String) {
    jobs(filter: $filter, owner: $owner, allOwners: $allOwners, first: $first, after: $after) {
      edges { node { ${listed} } } pageInfo { hasNextPage endCursor }
    }
  }`,
  count: `query Count($filter: JobsFilter!, $owner: String, $allOwners: Boolean) {
    jobCount(filter: $filter, owner: $owner, allOwners: $allOwners) { count isExact }
  }`,
  listedJob: `query ListedJob($jobId: ID!) { job(jobId: $jobId) { ${listed} } }`,
  fullJob: `query FullJob($jobId: ID!) {
    job(jobId: $jobId) { ${listed} params result traceId idempotencyKey expiresAt runAt concurrencyKey
      outputs { name uri downloadPath } }
  }`,
  jobByKey: `query JobByKey($idempotencyKey: String!, $owner: String) {
    jobByIdempotencyKey(idempotencyKey: $idempotencyKey, owner: $owner) { jobId }
  }`,
  types: 'query Types { jobTypes { name description paramsSchema example } }',
  feed: `subscription Feed($owner: String) { jobStatusChanged(owner: $owner) { ${eventFields} } }`,
  create: 'mutation Create($input: CreateJobInput!) { createJob(input: $input) { created job { jobId } } }',
  retry: 'mutation Retry($jobId: ID!) { retryJob(input: { jobId: $jobId }) { job { jobId version } } }',
  cancel: 'mutation Cancel($jobId: ID!) { cancelJob(input: { jobId: $jobId }) { job { jobId version } } }',
};

export interface Answers {
  readonly list: { readonly jobs: { readonly edges: readonly { readonly node: ListedJob }[]; readonly pageInfo: PageInfo } };
  readonly count: { readonly jobCount: JobCount };
  readonly listedJob: { readonly job: ListedJob };
  readonly fullJob: { readonly job: FullJob };
  readonly jobByKey: { readonly jobByIdempotencyKey: { readonly jobId: string } | null };
  readonly types: { readonly jobTypes: readonly JobTypeInfo[] };
  readonly feed: { readonly jobStatusChanged: JobStatusEvent };
  readonly create: { readonly createJob: { readonly created: boolean; readonly job: { readonly jobId: string } } };
}

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}
