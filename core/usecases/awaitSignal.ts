/** Waits for a signal, for a handler: returns whether it has come, or records that the job waits for it from now on. */
import { onWait, type Awaited, type Signal } from '../signals.ts';
import type { Job } from '../job.ts';
import { keptDraft, keptKey, keptKind, type Keeper, type KeptDeps } from './kept.ts';

/** 365 days. */
export const maxSignalTimeoutSeconds = 365 * 86_400;

/** @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function awaitSignal(
  { table }: KeptDeps,
  job: Keeper & Pick<Job, 'generation'>,
  name: string,
  timeoutMs: number | undefined,
): Promise<Exclude<Awaited, { kind: 'write' }>> {
  let entry = await table.entries.get(keptKind, keptKey(job, 'signal', name));
  for (;;) {
    const signal = entry?.value.kind === 'signal' ? entry.value.signal : undefined;
    const now = await table.time();
    const awaited = onWait(signal, { generation: job.generation, timeoutMs, now });
    if (awaited.kind !== 'write') return awaited;
    const draft = signalDraft(job, name, awaited.signal, now.at);
    ({ entry } = await (entry === undefined ? table.entries.create(keptKind, draft) : table.entries.replace(keptKind, entry, draft)));
  }
}

/** Called again after it was recorded that the job waits. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function wasSent({ table }: KeptDeps, job: Keeper, name: string): Promise<boolean> {
  const entry = await table.entries.get(keptKind, keptKey(job, 'signal', name));
  return entry?.value.kind === 'signal' && entry.value.signal.state === 'sent';
}

/** The place of signals that their jobs may not have seen, by their time. */
export const untoldSignals = 'untoldSignals';

/** A signal that the job has not been told of is where the timer finds it. */
export function signalDraft(keeper: Keeper, name: string, signal: Signal, at: number) {
  const draft = keptDraft(keeper, name, { kind: 'signal', signal }, at);
  if (signal.state !== 'sent' || signal.isTold) return draft;
  return { ...draft, place: { place: untoldSignals, rank: `${String(Math.trunc(at)).padStart(15, '0')}#${keeper.jobId}` } };
}
