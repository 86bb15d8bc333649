/**
 * Many jobs through the real use cases and the worker's real decisions, on engines in memory and a clock of its own, while all
 * goes wrong that a seed chooses; judged by the history checker.
 */
import { JobError } from '../../core/errors.ts';
import { isFinal } from '../../core/job.ts';
import { cancelJob } from '../../core/usecases/cancelJob.ts';
import { createJob } from '../../core/usecases/createJob.ts';
import { deadLetterJob } from '../../core/usecases/deadLetterJob.ts';
import { readLimits } from '../../core/usecases/limitsInForce.ts';
import { readPauses } from '../../core/usecases/pauses.ts';
import { retryJob } from '../../core/usecases/retryJob.ts';
import { sweepJobs } from '../../core/usecases/sweepJobs.ts';
import { simulateWork } from '../../jobs/simulateWork/type.ts';
import type { WorkerParts } from '../../worker/parts.ts';
import { recently } from '../../worker/recently.ts';
import { chanceOf } from '../faults/chance.ts';
import type { Accepted, Violation, Write } from '../faults/history.ts';
import { checkHistory } from '../faults/historyChecker.ts';
import { noObjects } from '../support/noObjects.ts';
import { createAgenda } from './agenda.ts';
import { createMemoryTable } from './memoryTable.ts';
import { numberedIds } from './numberedIds.ts';
import { simulatedCore } from './simulatedCore.ts';
import { createSimulatedQueues, type Message } from './simulatedQueues.ts';
import { createSimulatedWorker } from './simulatedWorker.ts';

export interface Simulation {
  readonly jobs: number;
  readonly writes: number;
  readonly purged: number;
  readonly outages: number;
  readonly restarts: number;
  readonly sweptAgain: number;
  /** From the last job handed in until the last has ended. */
  readonly settledMs: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
}

const leaseSeconds = 30;
const owner = 'anonymous';
/** Jobs are handed in for so long. */
const busyMs = 1_200_000;
const boundMs = 6 * 3_600_000;

export async function simulate(seed: number, jobs: number): Promise<Simulation> {
  const chance = chanceOf(seed);
  const start = Date.UTC(2026, 0, 1);
  const agenda = createAgenda(start);
  const writes: Write[] = [];
  const accepted: Accepted[] = [];
  const open = new Set<string>();
  const tally = { purged: 0, outages: 0, restarts: 0, sweptAgain: 0 };
  let backAt = 0;
  let handedIn = 0;

  const awayFor = (): number => Math.max(0, backAt - agenda.now());
  const table = createMemoryTable({
    // As from a Date header: within a second, and any guess in between.
    time() {
      const low = Math.floor(agenda.now() - chance() * 500);
      const high = Math.ceil(agenda.now() + chance() * 500);
      return { low, high, at: Math.round(low + chance() * (high - low)) };
    },
    now: agenda.now,
    onWrite(write) {
      writes.push(write);
      if (isFinal(write.status)) open.delete(write.jobId);
      else open.add(write.jobId);
    },
    luck(request) {
      if (awayFor() > 0) return 'lost';
      const luck = request === 'transition' || request === 'create' ? chance() : 1;
      return luck < 0.0003 ? 'unanswered' : luck < 0.0005 ? 'lost' : 'fine';
    },
  });
  const { queues, deliverIn, empty } = createSimulatedQueues({
    agenda,
    chance,
    maxReceives: 3,
    onReceived: (message) => worker.receive(message),
    onDead,
  });
  const core = simulatedCore({ table, queues, clock: { now: agenda.now }, newJobId: numberedIds() });
  const never = new AbortController().signal;
  const parts: WorkerParts = {
    core,
    handlers: new Map([[simulateWork.name, { type: simulateWork, run: () => Promise.reject(new Error('nothing runs here')) }]]),
    objects: noObjects,
    settings: {
      jobTtlDays: 30,
      maxReceiveCount: 3,
      attemptsPerReceive: 3,
      backoffBaseMs: 1000,
      backoffMaxMs: 30_000,
      visibilityTimeoutSeconds: leaseSeconds,
      objectAccess: { areOwnersApart: false, sharedInputs: [] },
    },
    random: () => 0,
    worker: 'simulated',
    toldTypes: new Set(),
    pauses: recently(() => readPauses(core), agenda.now),
    limits: recently(() => readLimits(core), agenda.now),
    startKeeper: { keep: () => undefined, ready: () => Promise.resolve() },
    breaker: { table, isOpen: () => false, closed: () => Promise.resolve(), stop: () => undefined },
    stopping: never,
    graceOver: never,
  };
  const worker = createSimulatedWorker({ agenda, chance, parts, table, awayFor, deliverIn });

  async function onDead(message: Message): Promise<void> {
    deliverIn(message, leaseSeconds * 1000);
    if (chance() < 0.01) return;
    await deadLetterJob(core, message.body).then(() => (message.isGone = true), expected);
  }

  /** Does it surely, as a client with a key: again until it is answered. */
  async function handIn(request: {
    readonly idempotencyKey: string;
    readonly delaySeconds: number;
    readonly params: Record<string, number | boolean>;
  }): Promise<void> {
    try {
      const { job, created } = await createJob(core, {
        owner,
        type: simulateWork.name,
        priority: 'NORMAL',
        traceId: '',
        ...request,
      });
      accept(job.jobId, created);
      const { jobId } = job;
      if (chance() < 0.02) agenda.in(chance() * 20_000, () => change(() => cancelJob(core, { owner, jobId })));
      if (chance() < 0.02) agenda.in(chance() * 120_000, () => change(() => retryJob(core, { owner, jobId })));
      handedIn += 1;
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      const { jobId } = error.details;
      if (jobId === undefined) return agenda.in(awayFor() + 100, () => handIn(request));
      accept(jobId, true);
      handedIn += 1;
    }
    function accept(jobId: string, created: boolean): void {
      accepted.push({ owner, jobId, idempotencyKey: request.idempotencyKey, created });
    }
  }
  const change = (ask: () => Promise<unknown>): Promise<void> => ask().then(() => undefined, expected);

  async function sweep(): Promise<void> {
    if (awayFor() === 0)
      tally.sweptAgain += await sweepJobs(core).then(
        ({ sentAgain }) => sentAgain,
        () => 0,
      );
    agenda.in(core.settings.sweepIntervalSeconds * 1000, sweep);
  }

  for (let number = 0; number < jobs; number += 1) {
    const failures = chance() < 0.1 ? Math.ceil(chance() * 10) : 0;
    const delaySeconds = chance() < 0.02 ? Math.floor(chance() * 60) : 0;
    const params = { failAttempts: failures, failPermanently: chance() < 0.01 };
    agenda.in(chance() * busyMs, () => handIn({ idempotencyKey: `key-${number}`, delaySeconds, params }));
  }
  agenda.in(0, sweep);
  for (let number = 0; number < 3; number += 1) {
    agenda.in(chance() * busyMs, () => void (tally.purged += empty()));
    agenda.in(chance() * busyMs, () => {
      tally.restarts += 1;
      worker.kill();
    });
    agenda.in(chance() * busyMs, () => {
      tally.outages += 1;
      backAt = agenda.now() + chance() * 60_000;
    });
  }

  await agenda.run({ isDone: () => handedIn === jobs && open.size === 0, end: start + busyMs + boundMs });
  const all = [...table.jobs.values()];
  return {
    jobs: all.length,
    writes: writes.length,
    ...tally,
    settledMs: Math.max(0, agenda.now() - start - busyMs),
    ends: Object.fromEntries(Object.entries(Object.groupBy(all, ({ status }) => status)).map(([status, ended]) => [status, ended.length])),
    violations: checkHistory({ accepted, watchers: [], writes, table: all }),
  };
}

/** What a client may be told; anything else is a fault of this simulation. */
function expected(error: unknown): void {
  if (!(error instanceof JobError)) throw error;
}
