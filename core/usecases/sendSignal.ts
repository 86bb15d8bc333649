/** Sends a signal to a job, before or after its handler waits for it, and once. */
import canonicalize from 'canonicalize';
import { JobError } from '../errors.ts';
import { isFinal, maxParamsBytes, type Job, type JsonValue } from '../job.ts';
import { onSend, type Sending } from '../signals.ts';
import { badInput, requireText } from '../text.ts';
import { signalDraft } from './awaitSignal.ts';
import type { Core } from './core.ts';
import { isName, keptKey, keptKind, maxNameLength } from './kept.ts';
import { getJob, type Caller } from './readJob.ts';
import { tellSignal } from './tellSignals.ts';

export interface SignalRequest extends Caller {
  readonly jobId: string;
  readonly name: string;
  /** Not checked yet: as the client sent it. */
  readonly payload: JsonValue | undefined;
}

/** As JSON. */
export const maxSignalBytes = maxParamsBytes;

/**
 * Returns the job as it then is. The same signal again changes nothing, so a sender without an answer may repeat it.
 * @throws {JobError} `JOB_NOT_FOUND`; `SIGNAL_TOO_LATE`; `SIGNAL_ALREADY_SENT` with another payload; `BAD_USER_INPUT`.
 */
export async function sendSignal(core: Core, { name, payload = null, ...request }: SignalRequest): Promise<Job> {
  requireText(name, ['name']);
  if (!isName(name)) throw badInput(`has 1 to ${maxNameLength} characters`, ['name']);
  if (Buffer.byteLength(JSON.stringify(payload)) > maxSignalBytes)
    throw badInput(`has at most ${maxSignalBytes} bytes as JSON`, ['payload']);
  let job = await getJob(core, request);
  for (;;) {
    await sendTo(core, job, name, payload);
    const present = await getJob(core, request);
    // It was begun again from its start meanwhile: the job would never see the signal.
    if (present.stepsFrom === job.stepsFrom) return present;
    job = present;
  }
}

async function sendTo(core: Core, job: Job, name: string, payload: JsonValue): Promise<void> {
  const { jobId, generation } = job;
  const { entries } = core.table;
  let entry = await entries.get(keptKind, keptKey(job, 'signal', name));
  for (;;) {
    const signal = entry?.value.kind === 'signal' ? entry.value.signal : undefined;
    const now = await core.table.time();
    const sending = onSend(signal, { generation, payload, at: now.at, isSame: (other) => canonicalize(other) === canonicalize(payload) });
    if (sending.kind === 'refused') throw refusal(sending.why, name, jobId);
    if (sending.kind === 'same') break;
    await requireOpen(core, job);
    const draft = signalDraft(job, name, sending.signal, now.at);
    const written = await (entry === undefined ? entries.create(keptKind, draft) : entries.replace(keptKind, entry, draft));
    ({ entry } = written);
    if (written.ok) break;
  }
  if (entry !== undefined) await tell(core, jobId, entry);
}

/** Before the signal is written, so that no record is deleted without what was kept beside it. */
async function requireOpen({ table }: Core, { jobId, keeps, status }: Job): Promise<void> {
  const isNoted = keeps === true || isFinal(status);
  const present = isNoted ? status : (await table.touch('keepSignal', jobId, {}, { keeps: true })).job?.status;
  if (present === undefined) throw new JobError('JOB_NOT_FOUND');
  if (isFinal(present)) throw new JobError('SIGNAL_TOO_LATE', { message: `The job has already ended ${present}.`, jobId });
}

/** The signal is recorded: if the job cannot be woken now, the timer does it. */
async function tell(core: Core, jobId: string, entry: Parameters<typeof tellSignal>[1]): Promise<void> {
  try {
    await tellSignal(core, entry);
  } catch (error) {
    core.log.warn({ error, jobId }, 'a job could not be woken for its signal; the timer does it');
  }
}

function refusal(why: Extract<Sending, { kind: 'refused' }>['why'], name: string, jobId: string): JobError {
  if (why === 'another')
    return new JobError('SIGNAL_ALREADY_SENT', { message: `The signal "${name}" was sent before, with another payload.`, jobId });
  return new JobError('SIGNAL_TOO_LATE', { message: `The signal "${name}" did not come in time: the job has gone on without it.`, jobId });
}
