/** Records what the runs of a graph's jobs saw, did and kept, and reports where that breaks a promise. */
import { isDeepStrictEqual } from 'node:util';
import type { HandlerContext } from '../../core/handler.ts';
import { PermanentError, RetryLaterError } from '../../core/errors.ts';
import { isFinal, type Job } from '../../core/job.ts';
import type { Entries } from '../../core/table/entries.ts';
import { keptKey } from '../../core/usecases/kept.ts';
import type { ProgramListener } from '../support/programs.ts';

/** How the runs of one generation of a job ended. */
interface Ends {
  readonly sums: Set<number>;
  failures: number;
  permanent: number;
}

export interface ProgramOracle {
  /** The listener of one process. `recordOf`: the record of a job as the process last read it. */
  listener(recordOf: (jobId: string) => Job | undefined): ProgramListener;
  /** The entries, watched for what is kept in them. */
  watched(entries: Entries): Entries;
  /** For a job at rest: whether its end matches the ends of its runs. */
  wrongEnd(job: Job): readonly string[];
  readonly wrong: string[];
}

export interface ProgramOracleDeps {
  readonly chance: () => number;
  /** The share of moments at which a run ends, 0 to 1. */
  readonly luck: () => number;
  /** The record as it is now. */
  readonly recordNow: (jobId: string) => Job | undefined;
  /** What is wrong with a run's beginning. */
  readonly wrongBeginning: (job: Job, context: HandlerContext, inputs: readonly number[]) => string | undefined;
}

export function createProgramOracle({ chance, luck, recordNow, wrongBeginning }: ProgramOracleDeps): ProgramOracle {
  const wrong: string[] = [];
  const kept = new Set<string>();
  /** Each value must stay, for ever or for a generation, as it was when it was first given. */
  const given = new Map<string, string>();
  const ends = new Map<string, Ends>();
  let steps = 0;

  function same(key: string, value: unknown): void {
    const text = JSON.stringify(value);
    const before = given.get(key);
    if (before !== undefined && before !== text) wrong.push(`${key} gave ${before}, and then ${text}`);
    given.set(key, text);
  }
  const keyOf = ({ jobId, generation }: Pick<Job, 'jobId' | 'generation'>): string => `${jobId} ${generation}`;

  return {
    wrong,
    wrongEnd: (job) => endedOtherwise(job, ends.get(keyOf(job))).map((what) => `${job.jobId} ${what}`),
    watched: (entries) => ({
      ...entries,
      async create(kind, draft) {
        const written = await entries.create(kind, draft);
        if (written.ok && kind.name === 'kept') kept.add(draft.key);
        return written;
      },
    }),
    listener(recordOf) {
      function jobOf({ idempotencyKey }: HandlerContext): Job {
        const job = recordOf(idempotencyKey);
        if (job === undefined) throw new Error('a job runs that was never read');
        return job;
      }
      return {
        begins(context, inputs) {
          const job = jobOf(context);
          const what = wrongBeginning(job, context, inputs);
          if (what !== undefined) wrong.push(what);
        },
        stepRuns(context, name) {
          const key = keptKey(jobOf(context), 'step', name);
          if (kept.has(key)) wrong.push(`the step ${key} runs again, though its result was kept`);
          steps += 1;
          return steps;
        },
        stepGave(context, name, value) {
          const key = keptKey(jobOf(context), 'step', name);
          if (!kept.has(key)) wrong.push(`the step ${key} went on before it was kept`);
          same(key, value);
        },
        signalGave(context, name, received) {
          const job = jobOf(context);
          same(`${keptKey(job, 'signal', name)} ${received.timedOut ? job.generation : 'received'}`, received);
        },
        childGave(context, name, { jobId, status, result }) {
          const job = jobOf(context);
          if (!isFinal(status)) wrong.push(`${job.jobId} goes on while its child ${name} is ${status}`);
          if (status === 'SUCCEEDED') same(`result of ${jobId}`, result);
          else if (generationOfParent(recordNow(jobId)) !== job.generation) {
            wrong.push(`${job.jobId} is given the failure of its child ${name} of an earlier generation`);
          }
        },
        goesOn(context) {
          if (chance() >= luck()) return;
          const kind = chance();
          if (kind < 0.5) throw new Error(`${context.idempotencyKey} fails an attempt`);
          if (kind < 0.65) throw new RetryLaterError('later', Math.floor(chance() * 60_000));
          throw new PermanentError(`${context.idempotencyKey} fails for good`);
        },
        ended(context, end) {
          const key = keyOf(jobOf(context));
          const known = ends.get(key) ?? { sums: new Set<number>(), failures: 0, permanent: 0 };
          ends.set(key, known);
          if ('sum' in end) known.sums.add(end.sum);
          else if (end.isPermanent) known.permanent += 1;
          else known.failures += 1;
        },
        secondsOf: (length) => Math.ceil(length * 2000),
      };
    },
  };
}

function endedOtherwise(
  { status, result, error, failures, maxFailures, losses, maxLosses }: Job,
  ends: Ends | undefined,
): readonly string[] {
  if (status === 'SUCCEEDED') {
    const sums = [...(ends?.sums ?? [])];
    const isTheirs = result?.kind === 'inline' && sums.some((sum) => isDeepStrictEqual(result.value, { sum }));
    return isTheirs ? [] : [`has the result ${JSON.stringify(result)}, and its runs gave ${sums.join(', ')}`];
  }
  if (status !== 'FAILED_FINAL') return [];
  const isMeant: Readonly<Record<string, boolean>> = {
    PERMANENT: (ends?.permanent ?? 0) > 0,
    ATTEMPT_FAILED: failures >= maxFailures && (ends?.failures ?? 0) > 0,
    WORKERS_LOST: losses >= maxLosses,
  };
  const code = error?.code ?? '';
  return isMeant[code] === true ? [] : [`failed with ${code}, and its runs: ${JSON.stringify(ends)}`];
}

/** The generation of its parent that a child belongs to. */
function generationOfParent(child: Job | undefined): number {
  const parent: { readonly jobId: string; readonly generation?: number | undefined } | undefined = child?.parent;
  return parent?.generation ?? 1;
}
