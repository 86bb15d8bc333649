/** Figures about many jobs: why they failed, what each type has done, and which jobs wait longest. */
import type { Connection } from '../client/connection.ts';
import type { JobFailure, WaitingReason } from '../client/job.ts';
import type { Filter, Whose } from './documents.ts';

export interface ErrorGroup {
  readonly fingerprint: string;
  readonly type: string;
  readonly code: JobFailure['code'];
  /** With placeholders for the parts that differ. */
  readonly message: string;
  readonly count: number;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly lastJob: { readonly jobId: string; readonly error: { readonly message: string } | null };
}

export interface JobErrors {
  readonly groups: readonly ErrorGroup[];
  readonly looked: number;
  readonly isComplete: boolean;
}

export const windows = ['HOUR', 'DAY'] as const;
export type StatisticsWindow = (typeof windows)[number];

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
}

export interface TypeStatistics {
  readonly created: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Oldest first. */
  readonly slices: readonly { readonly created: number; readonly succeeded: number; readonly failed: number }[];
  readonly waitMs: Percentiles | null;
  readonly runMs: Percentiles | null;
  readonly sampled: number;
  readonly isEstimated: boolean;
}

export interface WaitingJob {
  readonly since: string;
  readonly job: { readonly jobId: string; readonly waitingReason: WaitingReason | null };
}

export interface TypeInsight {
  readonly name: string;
  readonly description: string;
  readonly hasWorker: boolean;
  readonly isPaused: boolean;
  readonly waitingLongest: WaitingJob | null;
  /** Null: not known for all owners. */
  readonly statistics: TypeStatistics | null;
}

export interface Insights {
  errors(filter: Filter, whose: Whose): Promise<JobErrors>;
  types(window: StatisticsWindow, whose: Whose): Promise<readonly TypeInsight[]>;
  /** By type; for each the job that has waited longest. */
  waits(whose: Whose): Promise<readonly Pick<TypeInsight, 'name' | 'waitingLongest'>[]>;
}

const waiting = 'waitingLongest(owner: $owner, allOwners: $allOwners) { since job { jobId waitingReason } }';

export const insightDocuments = {
  errors: `query Errors($filter: JobsFilter, $owner: String, $allOwners: Boolean) {
    jobErrors(filter: $filter, owner: $owner, allOwners: $allOwners) {
      groups { fingerprint type code message count firstSeenAt lastSeenAt lastJob { jobId error { message } } }
      looked isComplete
    }
  }`,
  types: `query TypeInsights($window: StatisticsWindow!, $owner: String, $allOwners: Boolean) {
    jobTypes {
      name description hasWorker isPaused ${waiting}
      statistics(window: $window, owner: $owner, allOwners: $allOwners) {
        created succeeded failed slices { created succeeded failed } waitMs { p50 p95 } runMs { p50 p95 } sampled isEstimated
      }
    }
  }`,
  waits: `query Waits($owner: String, $allOwners: Boolean) { jobTypes { name ${waiting} } }`,
};

interface InsightAnswers {
  readonly errors: { readonly jobErrors: JobErrors };
  readonly types: { readonly jobTypes: readonly TypeInsight[] };
  readonly waits: { readonly jobTypes: readonly Pick<TypeInsight, 'name' | 'waitingLongest'>[] };
}

export function createInsights(connection: Connection): Insights {
  const ask = <Name extends keyof InsightAnswers>(name: Name, variables: object): Promise<InsightAnswers[Name]> =>
    connection.request<InsightAnswers[Name]>({ query: insightDocuments[name], variables: { ...variables } });
  return {
    async errors(filter, whose) {
      return (await ask('errors', { filter, ...whose })).jobErrors;
    },
    async types(window, whose) {
      return (await ask('types', { window, ...whose })).jobTypes;
    },
    async waits(whose) {
      return (await ask('waits', whose)).jobTypes;
    },
  };
}
