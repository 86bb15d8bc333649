/** The documents of a job's panel for the API. */
import type { JobStatus } from '../client/job.ts';

export type AttemptOutcome = 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'RELEASED' | 'LOST' | 'SUSPENDED';

/** One run of the job's handler. */
export interface AttemptRun {
  readonly generation: number;
  readonly number: number;
  /** For operators only. */
  readonly worker: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Null while it runs. */
  readonly outcome: AttemptOutcome | null;
  readonly error: { readonly code: string; readonly message: string; readonly stack: string | null } | null;
}

/** A file that the job wrote. */
export interface JobOutput {
  readonly name: string;
  readonly uri: string;
  readonly downloadPath: string;
}

export interface SlotHolder {
  readonly jobId: string;
  readonly status: JobStatus;
  readonly startedAt: string | null;
}

/** How much of a limit on running jobs is in use. */
export interface SlotUse {
  readonly most: number;
  readonly taken: number;
  readonly someoneWaits: boolean;
  readonly holders: readonly SlotHolder[];
}

export interface Viewer {
  readonly owner: string;
  readonly isAdmin: boolean;
  readonly mayOperate: boolean;
}

export const panelDocuments = {
  viewer: 'query Viewer { viewer { owner isAdmin mayOperate } }',
  attempts: `query Attempts($jobId: ID!, $after: String) { job(jobId: $jobId) { attemptRuns(first: 100, after: $after) {
    edges { node { generation number worker startedAt finishedAt outcome error { code message stack } } } pageInfo { hasNextPage endCursor }
  } } }`,
  slotHolders: `query SlotHolders($type: String!, $concurrencyKey: String) {
    slotHolders(type: $type, concurrencyKey: $concurrencyKey, first: 20) { most taken someoneWaits holders { jobId status startedAt } }
  }`,
  reschedule: `mutation Reschedule($jobId: ID!, $runAt: DateTime!) {
    rescheduleJob(input: { jobId: $jobId, runAt: $runAt }) { job { jobId runAt waitingReason waitingUntil } }
  }`,
};

export interface PanelAnswers {
  readonly viewer: { readonly viewer: Viewer };
  readonly attempts: {
    readonly job: {
      readonly attemptRuns: {
        readonly edges: readonly { readonly node: AttemptRun }[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
      };
    };
  };
  readonly slotHolders: { readonly slotHolders: SlotUse | null };
}
