/** Writes how the work on a claimed job ended, under the claim, and says what to do with the message. */
import type { Job, JsonValue, Payload } from '../core/job.ts';
import type { Changes, WriteResult } from '../core/table/jobTable.ts';
import type { TransitionEvent } from '../core/transitions.ts';
import { keepAwaited } from '../core/usecases/awaited.ts';
import { renewedParams } from '../core/usecases/renewedParams.ts';
import { transitionJob } from '../core/usecases/transitionJob.ts';
import { tellJob } from '../core/usecases/tell.ts';
import { exhaustionOf, isLastLoss } from '../core/verdict.ts';
import type { Claimed } from './claim.ts';
import { acknowledgementOf, type Acknowledgement, type Outcome } from './outcome.ts';
import { lookDepsOf, type WorkerParts } from './parts.ts';
import type { Keeping } from './waits.ts';
import { endOfWait, followSuspension, suspensionOf } from './suspend.ts';
import { untilAnswered } from './untilAnswered.ts';

export async function conclude(
  parts: WorkerParts,
  claimed: Claimed,
  { outcome, percent, keeping }: { readonly outcome: Outcome; readonly percent: number | undefined; readonly keeping: Keeping },
): Promise<Acknowledgement> {
  const { core } = parts;
  const { job, log } = claimed;
  const asking = {
    signal: parts.graceOver,
    onAway: (error: Error) => log.warn({ error }, 'the outcome could not be written; trying again'),
  };
  // Done once, however often the record's own write is tried.
  const result =
    outcome.kind === 'succeeded' ? await untilAnswered(parts, { ...asking, ask: () => kept(parts, claimed, outcome.result) }) : undefined;
  // Also after the lease's end, since the claim fences the write; only a shutdown ends the tries.
  const present = await untilAnswered(parts, {
    ...asking,
    ask: () => (outcome.kind === 'claimLost' ? core.table.get(job.jobId) : written(parts, claimed, { outcome, percent, keeping, result })),
  });
  if (present?.tell !== undefined) await tellJob(lookDepsOf(parts), present);
  const { status, attempts } = present ?? {};
  log.info({ status, attempts, outcome: outcome.kind }, 'a receive ended');
  if (outcome.kind === 'suspended') return followSuspension(parts, claimed, present, outcome.wait);
  return acknowledgementOf(present, await core.table.time(), job.generation);
}

function kept({ core }: WorkerParts, { job: { jobId }, now }: Claimed, value: JsonValue): Promise<Payload> {
  return core.table.keepPayload({ jobId, kind: 'result', value, now: now() });
}

interface Ending {
  readonly outcome: Exclude<Outcome, { kind: 'claimLost' }>;
  readonly percent: number | undefined;
  readonly keeping: Keeping;
  readonly result: Payload | undefined;
}

/** The record after the write, or as it is where the claim is no longer held. */
async function written(
  { core, settings }: WorkerParts,
  { job, claimId }: Claimed,
  { outcome, percent, keeping, result: payload }: Ending,
): Promise<Job | undefined> {
  const { attempt } = outcome;
  const facts = { now: await core.table.time(), claimId };
  const marked: Changes = keeping.any && job.keeps !== true ? { keeps: true } : {};
  const base: Changes = { attempts: attempt, ...(percent === undefined ? {} : { progress: percent }), ...marked };
  const write = (event: TransitionEvent, changes: Changes = {}, error?: Job['error']): Promise<WriteResult> =>
    transitionJob(core, event, keeping.children ? { ...job, hasChildren: true } : job, {
      facts,
      attempt,
      changes: { ...base, ...changes },
      error,
    });

  const result = await writeOf(outcome);
  // A job whose cancel was requested meanwhile ends as cancelled, instead of failed or released.
  if (result.ok || result.job?.claim?.id !== claimId || !result.job.cancelRequested) return result.job;
  return (await write('stop')).job;

  async function suspended(ended: Extract<Outcome, { kind: 'suspended' }>): Promise<WriteResult> {
    const { jobIds = [] } = ended.wait;
    // Before the wait is written, so that every process that looks at the job finds what it waits for.
    if (jobIds.length > 0) await keepAwaited({ ...core, settings }, job.jobId, jobIds);
    const renewed = await renewedParams(core, job, endOfWait(ended, facts.now));
    return write('suspend', { ...suspensionOf(ended, { job, now: facts.now }), ...renewed });
  }

  async function writeOf(ended: typeof outcome): Promise<WriteResult> {
    switch (ended.kind) {
      case 'succeeded':
        return write('succeed', { result: payload, error: null });
      case 'cancelled':
        return write('stop');
      case 'failedForGood':
        return write('failForGood', { failures: ended.failures }, ended.error);
      case 'failed':
        return write('release', { failures: ended.failures, dueAt: ended.dueAt ?? null }, ended.error);
      case 'released':
        return write('release');
      case 'suspended':
        return suspended(ended);
      case 'starved': {
        const losses = job.losses + 1;
        return isLastLoss(job) ? write('exhaustStarved', { losses }, exhaustionOf(job, facts.now)) : write('releaseStarved', { losses });
      }
      default:
        return ended satisfies never;
    }
  }
}
