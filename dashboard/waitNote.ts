/** Why a pending job does not run yet, in words, and until when, if that is known. */
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { WaitingReason } from '../client/job.ts';
import type { FullJob } from './documents.ts';
import { namedSignals, waitsForChildren } from './shortWait.ts';

export const waitWords: Readonly<Record<WaitingReason, string>> = {
  QUEUED: 'Waits for a worker',
  RUN_AT: 'Begins later',
  BACKOFF: 'Waits for its next attempts',
  PAUSED: 'Its type or queue is paused',
  CONCURRENCY: 'Waits for others of its kind to end',
  RATE_LIMIT: 'Waits for its turn, as so many may start at a time',
  DEPENDENCIES: 'Waits for other jobs to end',
  SLEEP: 'Its handler sleeps',
  SIGNAL: 'Its handler waits for a signal',
  NO_WORKER: 'No running worker knows its type',
};

/** The words before the time at which it ends. */
const ends: Readonly<Partial<Record<WaitingReason, string>>> = { RUN_AT: 'at', BACKOFF: 'at', RATE_LIMIT: 'at about' };

export function WaitNote({ job }: { readonly job: FullJob }): ComponentChildren {
  const { waitingReason, waitingUntil } = job;
  if (waitingReason === null) return null;
  const until = waitingUntil === null ? '' : `, ${ends[waitingReason] ?? 'until'} ${new Date(waitingUntil).toLocaleString()}`;
  return html`<span class="muted">${whatFor(job, waitWords[waitingReason]) + until} <code>${waitingReason}</code></span>`;
}

function whatFor(job: FullJob, words: string): string {
  if (waitsForChildren(job)) return 'Waits for the jobs that it made to end';
  return job.awaitedSignals.length > 0 ? `Its handler waits for ${namedSignals(job.awaitedSignals)}` : words;
}
