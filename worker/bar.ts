/** What keeps a job from starting although its record allows it: asked before each claim. */
import type { Job } from '../core/job.ts';
import { parkJob } from '../core/usecases/park.ts';
import { isPausable, pauseOn, readPauses } from '../core/usecases/pauses.ts';
import type { Waiting } from '../core/waiting.ts';
import { returned, type Acknowledgement } from './outcome.ts';
import type { WorkerParts } from './parts.ts';
import { untilAnswered } from './untilAnswered.ts';

/** Whether a job of this type may be claimed without looking at its record first. */
export async function mayStartUnread(parts: WorkerParts, type: string): Promise<boolean> {
  return !isPausable(await known(parts), type);
}

/** Undefined where nothing keeps it from starting. */
export async function barTo(parts: WorkerParts, job: Job): Promise<Waiting | undefined> {
  return pauseOn(await known(parts), job, await parts.core.table.time());
}

/** A job whose worker is gone stays as it is, and its message comes back at this interval. */
const lookAgainMs = 30_000;

/** What to do with the message of a job that is kept from starting; the record, if it has changed meanwhile. */
export async function barred(
  { core }: { readonly core: Pick<WorkerParts['core'], 'table' | 'queues' | 'telemetry'> },
  job: Job,
  bar: Waiting,
): Promise<Acknowledgement | { readonly kind: 'changed'; readonly job: Job | undefined }> {
  if (job.status !== 'PENDING') return returned(lookAgainMs);
  const parked = await parkJob(core, job, bar, async () => pauseOn(await readPauses(core), job, await core.table.time())?.for === bar.for);
  return parked.kind === 'parked' ? { kind: 'deleted' } : parked;
}

function known(parts: WorkerParts) {
  return untilAnswered(parts, { ask: parts.pauses.known, signal: parts.graceOver });
}
