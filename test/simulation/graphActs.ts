/** Random actions on a random graph, by its workers, its owner, its operators and the timers. */
import { decodeMessage } from '../../core/queue/message.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import { cancelWorkflow } from '../../core/usecases/cancelWorkflow.ts';
import { deadLetterJob } from '../../core/usecases/deadLetterJob.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { retryWorkflow } from '../../core/usecases/retryWorkflow.ts';
import { sendSignal } from '../../core/usecases/sendSignal.ts';
import { sweepJobs } from '../../core/usecases/sweepJobs.ts';
import { tellWaiting } from '../../core/usecases/tellWaiting.ts';
import { wakeSignalled } from '../../core/usecases/tellSignals.ts';
import { wakeDue } from '../../core/usecases/wakeDue.ts';
import type { Core } from '../../core/usecases/core.ts';
import { execute } from '../../worker/execute.ts';
import { program, signalsOf } from '../support/programs.ts';
import type { GraphProcess } from './graphProcesses.ts';
import { owner, type GraphWorld } from './graphWorld.ts';

type Work = (process: GraphProcess) => Promise<unknown>;

export interface GraphActs {
  /** Any action. */
  any(): Work | undefined;
  /** The work for a message that can be received. */
  receive(): Work | undefined;
  readonly timers: readonly Work[];
  /** The signals that a job may wait for. */
  signals(jobId: string): readonly Work[];
  /** The jobs and workflows for which a cancel was requested. */
  readonly cancelled: ReadonlySet<string>;
}

export function createGraphActs({ chance, some, queue, records, feed }: GraphWorld, workflowId: string): GraphActs {
  const cancelled = new Set<string>();
  const timers = [sweepJobs, tellWaiting, wakeDue, wakeSignalled].map(
    (timer: (core: Core) => Promise<unknown>): Work =>
      ({ core }) =>
        timer(core),
  );

  function receive(): Work | undefined {
    const received = queue.receive();
    if (received === undefined) return undefined;
    const { message, isDead } = received;
    if (!isDead) return ({ parts }) => execute(parts, message, () => undefined);
    return async ({ core }) => {
      const body = decodeMessage(message.body);
      if (body !== undefined) await deadLetterJob(core, body);
      await core.queues.delete(message);
    };
  }

  function signals(jobId: string): readonly Work[] {
    const { params } = records.get(jobId) ?? {};
    const parsed = program.params.safeParse(params?.kind === 'inline' ? params.value : undefined);
    if (!parsed.success) return [];
    const { seed, depth } = parsed.data;
    return signalsOf(seed, depth).map(
      (name): Work =>
        ({ core }) =>
          sendSignal(core, { owner, jobId, name, payload: some(2) }),
    );
  }

  // Some graphs are cancelled often, or retried often, and others never.
  const [cancels, retries] = [chance() < 0.5 ? 0 : 0.03 * chance(), 0.15 * chance()];
  const weights: readonly (readonly [weight: number, choose: (jobId: string) => Work | undefined])[] = [
    [0.6, () => receive()],
    [0.1, () => timers[some(timers.length)]],
    [0.12, (jobId) => signals(jobId)[some(2)]],
    [
      retries,
      (jobId) =>
        ({ core }) =>
          retryJob(core, { owner, jobId, fromStart: chance() < 0.3 }),
    ],
    [
      retries / 4,
      () =>
        ({ core }) =>
          retryWorkflow(core, { owner, workflowId }),
    ],
    [cancels, (jobId) => cancelling(jobId, ({ core }) => cancelJob(core, { owner, jobId }))],
    [cancels / 10, () => cancelling(workflowId, ({ core }) => cancelWorkflow(core, { owner, workflowId }))],
    [0.01, quietly(() => queue.purge())],
    [0.03, quietly(() => feed.turn(chance() < 0.7 ? 'on' : 'off'))],
  ];
  const total = weights.reduce((sum, [weight]) => sum + weight, 0);

  function cancelling(id: string, work: Work): Work {
    cancelled.add(id);
    return work;
  }

  function any(): Work | undefined {
    const jobId = [...records.keys()][some(records.size)] ?? '';
    let luck = chance() * total;
    return weights.find(([weight]) => (luck -= weight) < 0)?.[1](jobId);
  }

  return { any, receive, timers, signals, cancelled };
}

/** Something that happens at once, and is nobody's work. */
const quietly = (happen: () => void) => (): undefined => {
  happen();
  return undefined;
};
