/**
 * What the recorded writes of a job say of its budget and its due times:
 *
 * - I7 only its handler's outcome, its own failures, workers lost in the middle of it, and a cancel end an accepted job; and
 *   its server, where it could not be queued and nobody had begun it
 * - I8 no attempt began before it was due
 * - I9 failures are counted by the holder alone, and no more of them than the job was asked to have; a loss by whoever takes a
 *   job over or was starved, one at a time; a stop, an outage or a duplicate counts nothing
 */
import { isFinal, type Job } from '../../core/job.ts';
import type { Counts, Violation, Write } from './history.ts';

type Counted = Write & { readonly counts: Counts };

/** `ofJob`: all writes of one job. Without what they counted there is nothing to check. */
export function keptItsBudget(jobId: string, ofJob: readonly Write[], job: Job | undefined): readonly Violation[] {
  const writes = ofJob
    .filter((write): write is Counted => write.counts !== undefined)
    .toSorted(
      (a, b) =>
        a.version - b.version ||
        Number(b.isTransition) - Number(a.isTransition) ||
        a.counts.failures - b.counts.failures ||
        Number(a.counts.cancelRequested) - Number(b.counts.cancelRequested),
    );
  const found: Violation[] = [];
  const accuse = (invariant: Violation['invariant'], what: string): void => void found.push({ invariant, jobId, what });
  for (const [index, write] of writes.entries()) {
    const before = writes[index - 1];
    if (write.isTransition && write.status === 'PROCESSING' && beganEarly(write.counts)) {
      accuse(
        'I8',
        `the claim of version ${write.version} came ${(write.counts.dueAt ?? 0) - Math.min(write.counts.updatedAt, write.counts.seenAt)} ms before its due time`,
      );
    }
    // A write that was not recorded leaves a hole, which another invariant covers.
    if (before === undefined || write.version > before.version + 1) continue;
    if (write.isTransition && isFinal(write.status) && !hasCause(write, before, writes)) {
      accuse('I7', `it ended ${write.status} at version ${write.version} after ${said(write.counts)}, for none of the causes there are`);
    }
    if (write.generation === before.generation) for (const what of miscounts(write, before)) accuse('I9', what);
  }
  // A worker that was lost may have used up an attempt's number, so one more attempt fails.
  const most = Math.max(0, ...writes.map(({ counts }) => counts.failures - counts.losses));
  const asked = job === undefined ? undefined : failuresAskedOf(job);
  if (asked !== undefined && most > asked) accuse('I9', `${most} failures were counted, and its handler was asked for ${asked}`);
  return found;
}

/** `updatedAt` is the writer's time, `seenAt` that of the clock that all processes of a run share. */
function beganEarly({ dueAt, updatedAt, seenAt }: Counts): boolean {
  return dueAt !== undefined && (updatedAt < dueAt || seenAt < dueAt);
}

function hasCause({ status, fence, counts, generation }: Counted, before: Counted, writes: readonly Counted[]): boolean {
  switch (status) {
    case 'SUCCEEDED':
      return fence !== undefined;
    case 'FAILED_FINAL':
      return (
        counts.failures >= counts.maxFailures ||
        counts.losses >= counts.maxLosses ||
        (fence !== undefined && counts.failures === before.counts.failures + 1)
      );
    case 'CANCELLED':
      return before.status === 'PENDING' || before.counts.cancelRequested;
    case 'FAILED':
      return writes.every((write) => write.generation !== generation || write.status !== 'PROCESSING');
    case 'PENDING':
    case 'PROCESSING':
      return true;
    default:
      return status satisfies never;
  }
}

function miscounts(write: Counted, before: Counted): readonly string[] {
  const { counts, version, status, fence } = write;
  const failures = counts.failures - before.counts.failures;
  const losses = counts.losses - before.counts.losses;
  const wrong: string[] = [];
  if (failures < 0 || losses < 0) wrong.push(`version ${version} took counts back: ${said(before.counts)}, then ${said(counts)}`);
  if (losses > 1) wrong.push(`version ${version} counted more than one loss at a time: ${said(before.counts)}, then ${said(counts)}`);
  if (failures > 0 && fence === undefined) wrong.push(`version ${version} counted a failure without the claim`);
  if (losses > 0 && before.status !== 'PROCESSING') wrong.push(`version ${version} counted a loss, and nobody held the job`);
  const isTakeover = before.status === 'PROCESSING' && status === 'PROCESSING' && write.isTransition;
  if (isTakeover && losses !== 1) wrong.push(`version ${version} took the job over, and counted ${losses} losses`);
  return wrong;
}

/** Only the params of `simulate_work` say it. Permanent failures count as one. */
function failuresAskedOf({ type, params }: Job): number | undefined {
  if (type !== 'simulate_work' || params.kind !== 'inline') return undefined;
  const { value } = params;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { failAttempts = 0, failPermanently = false } = Object.fromEntries(Object.entries(value));
  return typeof failAttempts === 'number' ? failAttempts + (failPermanently === true ? 1 : 0) : undefined;
}

const said = ({ failures, maxFailures, losses, maxLosses }: Counts): string =>
  `${failures} of ${maxFailures} failures and ${losses} of ${maxLosses} losses`;
