/**
 * Ends a handler's run where the handler waits for something that is not there yet. What the handler awaits throws `Suspended`,
 * so its `finally` blocks run and nothing is left behind. Catching it has no effect: once a wait is recorded, no further step
 * or wait of the run begins, each throws the same, and whatever the handler then returns or throws, the run ends as one that
 * waits. Work in progress beside it (steps of other branches) ends first.
 */
import { isSuspension, Suspended } from '../core/suspended.ts';
import type { JobLogger } from '../core/logLine.ts';
import type { JsonValue } from '../core/job.ts';
import { awaitedSignals, maxShownSignals, waitKey, type Waiting, type WaitReason } from '../core/waiting.ts';

/** What a run waits for. */
export interface Wait {
  readonly waiting: Waiting;
  /** Other jobs, by id. */
  readonly jobIds?: readonly string[] | undefined;
  /** Called once more after the wait was written: what ended in between has not announced it to this job. */
  isOver(): Promise<boolean>;
}

export type RunEnd = { readonly kind: 'returned'; readonly result: JsonValue } | { readonly kind: 'suspended'; readonly wait: Wait };

/** The suspension of one run. */
export interface Suspension {
  /** Does a part of the run; the run does not end before that part. @throws {Suspended} where the run has to end with a wait. */
  during<Value>(part: () => Promise<Value>): Promise<Value>;
  /** Records a wait. @throws {Suspended} always. */
  wait(wait: Wait): never;
  /**
   * How the run ended. @throws what it failed with: the failure of a part beside a wait counts, a failure that the handler
   * caught does not.
   */
  endOf(run: Promise<JsonValue>, log: Pick<JobLogger, 'warn'>): Promise<RunEnd>;
}

export function createSuspension(): Suspension {
  const waits: Wait[] = [];
  const underWay = new Set<Promise<unknown>>();
  let failedBeside: { readonly error: unknown } | undefined;

  return {
    async during(part) {
      if (waits.length > 0) throw new Suspended();
      const done = part();
      underWay.add(done);
      try {
        return await done;
      } catch (error) {
        if (waits.length > 0 && !isSuspension(error)) failedBeside ??= { error };
        throw error;
      } finally {
        underWay.delete(done);
      }
    },

    wait(wait) {
      waits.push(wait);
      throw new Suspended();
    },

    async endOf(run, log) {
      const [ended] = await Promise.allSettled([run]);
      while (underWay.size > 0) await Promise.allSettled(underWay);
      if (failedBeside !== undefined) throw failedBeside.error;
      const wait = allOf(waits);
      if (wait !== undefined) {
        if (ended.status === 'fulfilled' || !isSuspension(ended.reason)) log.warn(caught);
        return { kind: 'suspended', wait };
      }
      if (ended.status === 'rejected') throw ended.reason;
      return { kind: 'returned', result: ended.value };
    },
  };
}

const caught =
  'the handler caught the error that ends its run while it waits: its result, or error, is ignored; let errors pass for which isSuspension is true';

/** The strongest wait stands for all: a job that is woken too early goes on waiting for the others. */
const strength = ['SIGNAL', 'SLEEP', 'DEPENDENCIES'] as const satisfies readonly WaitReason[];

function allOf(waits: readonly Wait[]): Wait | undefined {
  const [first, ...others] = waits;
  if (first === undefined || others.length === 0) return first;
  const reason = strength.find((one) => waits.some(({ waiting }) => waiting.reason === one)) ?? first.waiting.reason;
  const ends = waits.flatMap(({ waiting: { until } }) => (until === undefined ? [] : [until]));
  const jobIds = [...new Set(waits.flatMap((wait) => wait.jobIds ?? []))];
  const names = waits.flatMap(({ waiting }) => awaitedSignals(waiting)).slice(0, maxShownSignals);
  return {
    ...(jobIds.length === 0 ? {} : { jobIds }),
    waiting: {
      reason,
      ...(names.length === 0 ? {} : { for: waitKey(...names) }),
      ...(ends.length === 0 ? {} : { until: Math.min(...ends) }),
    },
    isOver: async () => (await Promise.all(waits.map((wait) => wait.isOver()))).some(Boolean),
  };
}
