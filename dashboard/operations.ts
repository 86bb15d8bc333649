/** What an operator reads and does: types, queues, workers, schedules; and what a job's panel shows beside the job. */
import type { Connection } from '../client/connection.ts';
import {
  operateDocuments,
  type LiveWorker,
  type OperateAnswers,
  type OperatedQueue,
  type OperatedSchedule,
  type OperatedType,
  type OperateMutation,
} from './operateDocuments.ts';
import { panelDocuments, type AttemptRun, type PanelAnswers, type SlotUse, type Viewer } from './panelDocuments.ts';

export interface SchedulesPage {
  readonly schedules: readonly OperatedSchedule[];
  readonly nextCursor: string | null;
}

export interface Operations {
  viewer(): Promise<Viewer>;
  jobTypes(): Promise<readonly OperatedType[]>;
  queues(): Promise<readonly OperatedQueue[]>;
  workers(): Promise<readonly LiveWorker[]>;
  /** By name. `owner`: undefined for the caller. */
  schedules(owner: string | undefined, after: string | undefined): Promise<SchedulesPage>;
  /** Undefined where there is no such limit. `concurrencyKey`: see `SlotUse` of the API. */
  slotHolders(type: string, concurrencyKey: string | undefined): Promise<SlotUse | undefined>;
  /** Oldest first. */
  attempts(jobId: string): Promise<readonly AttemptRun[]>;
  reschedule(jobId: string, runAt: string): Promise<void>;
  /** Not repeated where its answer was lost: the page shows whether it took effect. */
  change(mutation: OperateMutation, input: object): Promise<void>;
}

export function createOperations(connection: Connection): Operations {
  const ask = <Name extends keyof OperateAnswers>(name: Name, variables = {}): Promise<OperateAnswers[Name]> =>
    connection.request<OperateAnswers[Name]>({ query: operateDocuments[name], variables });

  return {
    async viewer() {
      return (await connection.request<PanelAnswers['viewer']>({ query: panelDocuments.viewer })).viewer;
    },
    async jobTypes() {
      return (await ask('jobTypes')).jobTypes;
    },
    async queues() {
      return (await ask('queues')).queues;
    },
    async workers() {
      return (await ask('workers')).workers;
    },
    async schedules(owner, after) {
      const { edges, pageInfo } = (await ask('schedules', { owner, after })).schedules;
      return { schedules: edges.map(({ node }) => node), nextCursor: pageInfo.hasNextPage ? pageInfo.endCursor : null };
    },
    async slotHolders(type, concurrencyKey) {
      const variables = { type, concurrencyKey };
      const answer = await connection.request<PanelAnswers['slotHolders']>({ query: panelDocuments.slotHolders, variables });
      return answer.slotHolders ?? undefined;
    },
    async attempts(jobId) {
      const attempts: AttemptRun[] = [];
      for (let after: string | null = null; ;) {
        const { job }: PanelAnswers['attempts'] = await connection.request({ query: panelDocuments.attempts, variables: { jobId, after } });
        attempts.push(...job.attemptRuns.edges.map(({ node }) => node));
        if (!job.attemptRuns.pageInfo.hasNextPage) return attempts;
        after = job.attemptRuns.pageInfo.endCursor;
      }
    },
    async reschedule(jobId, runAt) {
      await connection.request({ query: panelDocuments.reschedule, variables: { jobId, runAt } }, { isRepeatable: false });
    },
    async change(mutation, input) {
      await connection.request({ query: operateDocuments[mutation], variables: { input } }, { isRepeatable: false });
    },
  };
}
