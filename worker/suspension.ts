/**
 * How a handler's run ends where the handler waits for something that is not there yet: what it awaits throws `Suspended`,
 * so that its `finally` blocks run and nothing of it stays behind. A handler that catches this gains nothing: once a wait
 * is noted no further step or wait of the run begins, each throws the same, and whatever the handler then returns or throws
 * the run ends as one that waits. What was under way beside it (steps of other branches) ends first.
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
  /** Asked once more after the wait was written: what ended in between has told nobody of it. */
  isOver(): Promise<boolean>;
}

export type RunEnd = { readonly kind: 'returned'; readonly result: JsonValue } | { readonly kind: 'suspended'; readonly wait: Wait };

/** Of one run. */
export interface Suspension {
  /** Does a part of the run, which does not end before it. @throws {Suspended} where the run is to end by a wait. */
  during<Value>(part: () => Promise<Value>): Promise<Value>;
  /** Notes a wait. @throws {Suspended} always. */
  wait(wait: Wait): never;
  /** How the run ended. @throws what it failed with: a part that failed beside a wait counts, one that the handler caught does not. */
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
  'the handler caught what ends its run while it waits: its result, or error, is ignored; let errors for which isSuspension is true pass';

/** The strongest stands for all: what is woken too early by one of them waits on for the others. */
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
