/** The attempts of a job, read from its record's history, and with more detail where an attempt has a note of its own. */
import { z } from 'zod';
import { isFinal, type Job } from './job.ts';

export const attemptOutcomes = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'RELEASED', 'SUSPENDED', 'LOST'] as const;
export type AttemptOutcome = (typeof attemptOutcomes)[number];

const failure = z.object({ code: z.string(), message: z.string(), stack: z.string().optional() });

/** The note of an attempt that logged or failed. Of all other attempts the record says everything. */
export const attemptNote = z.object({
  generation: z.int(),
  number: z.int(),
  /** The worker process that made the attempt. */
  worker: z.string(),
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
  hasLogs: z.boolean(),
  end: z.object({ finishedAt: z.number(), outcome: z.enum(attemptOutcomes), error: failure.optional() }).optional(),
});
export type AttemptNote = Readonly<z.infer<typeof attemptNote>>;

export interface AttemptRun {
  readonly generation: number;
  readonly number: number;
  /** The number of the attempt's note; log lines are stored under it. */
  readonly note?: number | undefined;
  readonly hasLogs: boolean;
  readonly worker?: string | undefined;
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
  /** Undefined while it runs. */
  readonly outcome?: AttemptOutcome | undefined;
  readonly error?: z.infer<typeof failure> | undefined;
}

export const maxStackLength = 8000;

/** Oldest first. `notes`: by their numbers, with holes where an attempt has no note. */
export function attemptRunsOf(job: Job, notes: readonly (AttemptNote | undefined)[]): readonly AttemptRun[] {
  const told = new Map(toldByRecord(job).map((run) => [keyOf(run), run]));
  const noted = notes.flatMap((one, index) => {
    if (one === undefined) return [];
    const { end, ...run } = one;
    const known = told.get(keyOf(run));
    told.delete(keyOf(run));
    // Where no end was noted, the worker was lost or is still working: the record says which.
    return [{ ...known, ...run, ...end, note: index }];
  });
  return [...noted, ...told.values()].toSorted(
    (one, other) => one.generation - other.generation || one.number - other.number || (one.note ?? -1) - (other.note ?? -1),
  );
}

function keyOf({ generation, number }: Pick<AttemptRun, 'generation' | 'number'>): string {
  return `${generation} ${number}`;
}

/** Each receive appears as two entries: one that begins it and one that ends it. The attempts between their numbers are its own. */
function toldByRecord(job: Job): readonly AttemptRun[] {
  const { history } = job;
  const runs: AttemptRun[] = [];
  let generation = job.generation;
  for (let index = history.length - 1; index >= 0; index -= 1) {
    const entry = history[index];
    if (entry === undefined) continue;
    const next = history[index + 1];
    if (next !== undefined && isFinal(entry.status)) generation -= 1;
    if (entry.status !== 'PROCESSING') continue;
    // A claim after a lost one counts an attempt of its own.
    const last = next === undefined ? job.attempts : next.status === 'PROCESSING' ? next.attempt - 1 : next.attempt;
    for (let number = Math.max(last, entry.attempt); number >= entry.attempt; number -= 1) {
      const isLast = number === Math.max(last, entry.attempt);
      runs.push({
        generation,
        number,
        hasLogs: false,
        startedAt: number === entry.attempt ? entry.at : undefined,
        // Another attempt followed in the same receive.
        ...(isLast ? endOf(next, isResumed(history.slice(index + 1), entry) || isAsleep(job, next)) : { outcome: 'FAILED' as const }),
      });
    }
  }
  return runs;
}

/** A run that a wait ended goes on with the same number. */
function isResumed([, next]: Job['history'], { attempt }: Job['history'][number]): boolean {
  return next?.status === 'PROCESSING' && next.attempt === attempt;
}

function isAsleep({ suspended, version }: Job, next: Job['history'][number] | undefined): boolean {
  return suspended === true && next?.version === version;
}

function endOf(next: Job['history'][number] | undefined, isSuspended: boolean): Pick<AttemptRun, 'finishedAt' | 'outcome' | 'error'> {
  if (next === undefined) return {};
  const { status, at: finishedAt, error } = next;
  if (status === 'SUCCEEDED') return { finishedAt, outcome: 'SUCCEEDED' };
  if (status === 'CANCELLED') return { finishedAt, outcome: 'CANCELLED' };
  if (status === 'PROCESSING' || error?.code === 'WORKERS_LOST') return { finishedAt, outcome: 'LOST' };
  if (error === undefined) return { finishedAt, outcome: isSuspended ? 'SUSPENDED' : 'RELEASED' };
  return { finishedAt, outcome: 'FAILED', error: { code: error.code, message: error.message } };
}
