/**
 * One process's view of the system. Its requests wait for their turn and fail before or after they take effect. Where the process
 * is killed, no request is answered any more. On an engine that keeps the order, it is killed between two turns, not within one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { JobError } from '../../core/errors.ts';
import type { Entries } from '../../core/table/entries.ts';
import type { JobTable } from '../../core/table/jobTable.ts';
import type { Job } from '../../core/job.ts';
import type { Core } from '../../core/usecases/core.ts';
import type { Breaker } from '../../worker/breaker.ts';
import type { Turns } from './turns.ts';

/** Ends the code of a killed process that would otherwise go on. */
export class Killed extends Error {}

export interface MortalCore {
  readonly core: Core;
  readonly breaker: Breaker;
  kill(): void;
  /** The record as this process last read or wrote it. */
  recordOf(jobId: string): Job | undefined;
}

interface Request {
  /** Returns how it is answered. Never rejects. */
  effect(): Promise<() => void>;
  away(): JobError;
  reject(error: Error): void;
}

export interface MortalCoreDeps {
  readonly core: Core;
  readonly turns: Turns;
  readonly chance: () => number;
  /** The number of the request at which it is killed, before or after the effect. Undefined: it is not killed. */
  readonly diesAt?: number | undefined;
  /** The share of requests that fail, 0 to 1. */
  readonly luck: () => number;
}

export function mortalCore({ core, turns, chance, diesAt, luck }: MortalCoreDeps): MortalCore {
  let left = diesAt;
  let isDead = false;
  const seen = new Map<string, Job>();
  const note = (job: Job | undefined): void => void (job !== undefined && seen.set(job.jobId, job));

  /** An engine that keeps the order writes what is asked for in one turn together, or not at all: so it waits for one turn. */
  let together: Request[] | undefined;
  const isOrdered = core.table.keepsOrder === true;

  function request<Answer>(ask: () => Promise<Answer>, away: () => JobError): Promise<Answer> {
    if (isDead) return Promise.reject(new Killed());
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const one: Request = {
      away,
      reject,
      effect: () =>
        ask().then(
          (answer) => () => resolve(answer),
          (error: unknown) => () => reject(error),
        ),
    };
    if (together !== undefined) together.push(one);
    else {
      const all = [one];
      if (isOrdered) together = all;
      void turns.take(() => {
        together = undefined;
        return takeEffect(all);
      });
    }
    return promise;
  }

  async function takeEffect(requests: readonly Request[]): Promise<void> {
    const fail = (errorOf: (request: Request) => Error): void => {
      for (const one of requests) one.reject(errorOf(one));
    };
    const killed = (): Killed => new Killed();
    if (isDead) return fail(killed);
    left = left === undefined ? undefined : left - 1;
    const wrong = luck();
    const isUnanswered = chance() < 0.5;
    if (left === 0) isDead = true;
    if (!isUnanswered && isDead) return fail(killed);
    if (!isUnanswered && chance() < wrong) return fail(({ away }) => away());
    const answers: (() => void)[] = [];
    for (const { effect } of requests) answers.push(await effect());
    if (isDead) return fail(killed);
    if (isUnanswered && chance() < wrong) return fail(({ away }) => away());
    for (const answer of answers) answer();
  }

  const ofTable = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => request(ask, () => new JobError('TABLE_UNAVAILABLE'));
  const ofQueues = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => request(ask, () => new JobError('QUEUE_UNAVAILABLE'));
  const { queues, feed } = core;
  const table: JobTable = {
    ...core.table,
    ...writesOf(core.table, ofTable, note),
    get: async (jobId) => {
      const job = await ofTable(() => core.table.get(jobId));
      note(job);
      return job;
    },
    getMany: (jobIds, signal) => ofTable(() => core.table.getMany(jobIds, signal)),
    listPlaced: (query) => ofTable(() => core.table.listPlaced(query)),
    entries: entriesOf(core.table.entries, ofTable),
  };
  return {
    core: {
      ...core,
      table,
      queues: {
        ...queues,
        send: (...args) => ofQueues(() => queues.send(...args)),
        delete: (message) => ofQueues(() => queues.delete(message)),
        setVisibility: (...args) => ofQueues(() => queues.setVisibility(...args)),
      },
      feed: { ...feed, publish: (...args) => (isDead ? Promise.resolve(false) : feed.publish(...args)) },
    },
    breaker: {
      table,
      isOpen: () => false,
      // Code that waits for the table asks again after a timer's shortest time.
      closed: () =>
        isDead
          ? Promise.resolve()
          : turns.take(
              () => Promise.resolve(),
              () => sleep(2),
            ),
      stop: () => undefined,
    },
    kill: () => void (isDead = true),
    recordOf: (jobId) => seen.get(jobId),
  };
}

type Ask = <Answer>(ask: () => Promise<Answer>) => Promise<Answer>;

function writesOf(table: JobTable, ask: Ask, note: (job: Job | undefined) => void): Pick<JobTable, 'create' | 'transition' | 'touch'> {
  const noted = async (write: () => ReturnType<JobTable['create']>): ReturnType<JobTable['create']> => {
    const written = await ask(write);
    note(written.job);
    return written;
  };
  return {
    create: (job) => noted(() => table.create(job)),
    transition: (event, jobId, input) => noted(() => table.transition(event, jobId, input)),
    touch: (touch, jobId, facts, changes) => noted(() => table.touch(touch, jobId, facts, changes)),
  };
}

function entriesOf(entries: Entries, ask: Ask): Entries {
  return {
    get: (kind, key) => ask(() => entries.get(kind, key)),
    getMany: (kind, keys, signal) => ask(() => entries.getMany(kind, keys, signal)),
    create: (kind, draft) => ask(() => entries.create(kind, draft)),
    replace: (kind, known, draft) => ask(() => entries.replace(kind, known, draft)),
    put: (kind, draft) => ask(() => entries.put(kind, draft)),
    remove: (kind, known) => ask(() => entries.remove(kind, known)),
    drop: (kind, key) => ask(() => entries.drop(kind, key)),
    list: (kind, query) => ask(() => entries.list(kind, query)),
    listKeys: (kind, query) => ask(() => entries.listKeys(kind, query)),
  };
}
