/** Bulk operations on a table in memory, whose time the test moves, with a process that can be killed between any two of its writes. */
import { monotonicFactory } from 'ulid';
import { onTestFinished } from 'vitest';
import { createMemoryFeed } from '../feed/memory/memoryFeed.ts';
import { exactly } from '../clock.ts';
import { JobError } from '../errors.ts';
import type { Job } from '../job.ts';
import { inMemory } from '../table/sqlite/database.ts';
import { openSqliteTable } from '../table/sqlite/table.ts';
import { makeJob } from '../../test/support/jobFactory.ts';
import { simulatedCore } from '../../test/simulation/simulatedCore.ts';
import type { BulkOperation } from './bulkOperations.ts';
import { getBulkOperation } from './bulkOperations.ts';
import { createBulkOperation, type CreateBulkOperationRequest } from './createBulkOperation.ts';
import type { Core } from './core.ts';
import { runBulkOperations } from './runBulkOperations.ts';
import { sendOnlyQueues } from '../../test/support/sendOnlyQueues.ts';

/** To the use cases, the table is away: they do nothing more. */
export class Killed extends JobError {
  constructor() {
    super('TABLE_UNAVAILABLE');
  }
}

/** The effects of a process on others: each can be the last thing it does, or the first that it does not do. */
export type Effect = 'entry' | 'transition' | 'touch' | 'send';
export type Before = (effect: Effect, value: unknown) => Promise<void> | void;
export type After = (effect: Effect, value: unknown) => Promise<void> | void;

export async function openBulkStage() {
  let ahead = 0;
  const clock = { now: () => Date.now() + ahead };
  const table = await openSqliteTable({ file: inMemory, jobTtlDays: 30, clock });
  onTestFinished(() => table.close());
  const sent: { readonly jobId: string; readonly generation: number }[] = [];
  const queues = sendOnlyQueues((_priority, { jobId, generation }) => Promise.resolve(void sent.push({ jobId, generation })));
  const core = { ...simulatedCore({ table, queues, clock, newJobId: monotonicFactory() }), feed: createMemoryFeed() };

  /** The same, for a process with something that happens before or after each of its effects. */
  function process({ before = () => undefined, after = () => undefined }: { before?: Before; after?: After }): Core {
    async function effect<Answer>(name: Effect, value: unknown, act: () => Promise<Answer>): Promise<Answer> {
      await before(name, value);
      const answer = await act();
      await after(name, value);
      return answer;
    }
    const entries: typeof table.entries = {
      ...table.entries,
      replace: (kind, known, draft) => effect('entry', draft.value, () => table.entries.replace(kind, known, draft)),
    };
    return {
      ...core,
      queues: { ...queues, send: (...args) => effect('send', args[1], () => queues.send(...args)) },
      table: {
        ...table,
        entries,
        transition: (...args) => effect('transition', args, () => table.transition(...args)),
        touch: (...args) => effect('touch', args, () => table.touch(...args)),
      },
    };
  }

  async function created(changes: Partial<Job> = {}): Promise<Job> {
    const { job } = await table.create(makeJob({ createdAt: clock.now() - 1000, ...changes }));
    if (job === undefined) throw new Error('the job was not created');
    return job;
  }

  async function claimed(changes: Partial<Job> = {}): Promise<Job> {
    return claim(await created(changes));
  }

  async function claim({ jobId }: Pick<Job, 'jobId'>): Promise<Job> {
    const known = await found(jobId);
    const now = exactly(clock.now());
    const claimed = { id: jobId, expiresAt: now.high + 60_000 };
    const { job } = await table.transition('claim', jobId, {
      facts: { now, version: known.version },
      attempt: 1,
      changes: { claim: claimed },
    });
    if (job?.status !== 'PROCESSING') throw new Error('the job was not claimed');
    return job;
  }

  /** By a worker whose handler fails for good. */
  async function fail({ jobId }: Pick<Job, 'jobId'>): Promise<Job> {
    const { version } = await claim({ jobId });
    const now = exactly(clock.now());
    const error = { code: 'PERMANENT', message: 'x', attempt: 1, at: now.at };
    const changes = { claim: null, finishedAt: now.at };
    const { job } = await table.transition('failForGood', jobId, { facts: { now, version, claimId: jobId }, attempt: 1, error, changes });
    if (job?.status !== 'FAILED_FINAL') throw new Error('the job did not fail');
    return job;
  }

  async function found(jobId: string): Promise<Job> {
    const job = await table.get(jobId);
    if (job === undefined) throw new Error('the job is not there');
    return job;
  }

  const owner = 'owner-1';
  return {
    core,
    clock,
    table,
    sent,
    owner,
    process,
    created,
    claimed,
    claim,
    fail,
    found,
    failed: async (changes: Partial<Job> = {}) => fail(await created(changes)),
    /** No lease is longer than that. */
    pass(ms: number): void {
      ahead += ms;
    },
    ask: (request: Partial<CreateBulkOperationRequest> = {}): Promise<BulkOperation> =>
      createBulkOperation(core, {
        createdBy: owner,
        owner,
        action: 'RETRY',
        filter: { status: ['FAILED_FINAL'] },
        isDryRun: false,
        perSecond: 3,
        ...request,
      }),
    /** Pages follow each other without a wait. */
    run: (as: Core = core, signal?: AbortSignal): Promise<void> =>
      runBulkOperations(as, {
        forMs: 60_000,
        signal,
        wait(ms) {
          ahead += ms;
          return Promise.resolve(true);
        },
      }),
    present: async ({ operationId }: Pick<BulkOperation, 'operationId'>): Promise<BulkOperation> =>
      (await getBulkOperation(core, { owner, operationId })).value,
  };
}

/** How often it was retried. */
export function retriesOf(job: Job): number {
  return job.history.filter(({ status }, index) => status === 'PENDING' && index > 0).length;
}

/** For an effect: whether it wrote a page. */
export function isPage(effect: Effect, value: unknown): boolean {
  return effect === 'entry' && typeof value === 'object' && value !== null && 'page' in value && value.page !== undefined;
}
