/** The list of jobs, newest first: job by job, or page by page. */
import type { Connection } from './connection.ts';
import { summaryFields, type JobsFilter, type JobSummary } from './job.ts';

const listOf = (
  name: string,
  fields: string,
): string => `query ${name}($filter: JobsFilter, $owner: String, $allOwners: Boolean, $first: Int, $after: String) {
  jobs(filter: $filter, owner: $owner, allOwners: $allOwners, first: $first, after: $after) { edges { node { ${fields} } } pageInfo { hasNextPage endCursor } }
}`;

export const listDocuments = {
  jobs: listOf('Jobs', summaryFields),
  jobsWithPayloads: listOf('JobsWithPayloads', `${summaryFields} params result`),
};

export interface ListJobsOptions {
  readonly filter?: JobsFilter | undefined;
  /** The owner of the jobs; default: the caller. Another owner needs the scope `admin`. */
  readonly owner?: string | undefined;
  /** Jobs of all owners that failed or were cancelled: name these in `filter.status`. Needs the scope `admin`. */
  readonly allOwners?: boolean | undefined;
  /** 1 to 100. Default 50. */
  readonly pageSize?: number | undefined;
  /** Begins after a page: its `endCursor`. */
  readonly after?: string | null | undefined;
  /** With `params` and `result`, which may be large. Default false. */
  readonly withPayloads?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface JobsPage<Listed = JobSummary> {
  readonly jobs: readonly Listed[];
  /** For `after`. Null: the list ends here. */
  readonly endCursor: string | null;
}

/** Reads a page when its first job is requested. Iterated twice, it is read twice. */
export interface JobsList<Listed = JobSummary> extends AsyncIterable<Listed> {
  pages(): AsyncGenerator<JobsPage<Listed>, void, void>;
}

export function listJobs<Listed>(connection: Connection, options: ListJobsOptions): JobsList<Listed> {
  const query = options.withPayloads === true ? listDocuments.jobsWithPayloads : listDocuments.jobs;
  const pages = (): AsyncGenerator<JobsPage<Listed>, void, void> => readPages<Listed>(connection, query, options);
  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const { jobs } of pages()) yield* jobs;
    },
  };
}

interface Answer<Listed> {
  readonly jobs: {
    readonly edges: readonly { readonly node: Listed }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** For a document with the variables `$filter, $owner, $first, $after`. */
export async function* readPages<Listed>(
  connection: Connection,
  query: string,
  { filter, owner, allOwners, pageSize = 50, after, signal }: ListJobsOptions,
): AsyncGenerator<JobsPage<Listed>, void, void> {
  for (let cursor = after; ;) {
    const variables = { filter, owner, ...(allOwners === undefined ? {} : { allOwners }), first: pageSize, after: cursor };
    const { jobs }: Answer<Listed> = await connection.request<Answer<Listed>>({ query, variables }, { signal });
    const { hasNextPage, endCursor } = jobs.pageInfo;
    cursor = hasNextPage ? endCursor : null;
    yield { jobs: jobs.edges.map(({ node }) => node), endCursor: cursor };
    if (cursor === null) return;
  }
}
