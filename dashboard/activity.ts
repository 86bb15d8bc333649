/**
 * The transitions that this page received or caught up with: each version of a job once and in order, across lost connections.
 * The caller fills a gap from the job's history.
 */
import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { JobFailure, JobHistoryEntry, JobStatus } from '../client/job.ts';
import type { Finish } from './throughput.ts';

export interface Transition {
  readonly jobId: string;
  readonly version: number;
  readonly status: JobStatus;
  readonly at: string;
  readonly attempt: number;
  readonly error: JobFailure | null;
  /** The feed failed to bring it; it was read from the job's history. */
  readonly isRecovered: boolean;
}

export interface Activity {
  /** False where versions before it are missing; nothing was recorded then. */
  note(jobId: string, entry: JobHistoryEntry): boolean;
  /** Records what is new in a job's history. Of an unknown job, what happened since `since` (milliseconds since the epoch). */
  catchUp(jobId: string, history: readonly JobHistoryEntry[], options: { readonly since: number; readonly isRecovered: boolean }): void;
  /** Newest first. */
  readonly latest: ReadonlySignal<readonly Transition[]>;
  readonly finishes: ReadonlySignal<readonly Finish[]>;
}

const maxTransitions = 200;
const maxFinishes = 20_000;
const maxJobs = 20_000;

export function createActivity(): Activity {
  const seen = new Map<string, number>();
  const latest = signal<readonly Transition[]>([]);
  const finishes = signal<readonly Finish[]>([]);

  function add(jobId: string, entry: JobHistoryEntry, isRecovered: boolean): void {
    const { version, status, at, attempt, error } = entry;
    remember(jobId, version);
    latest.value = [{ jobId, version, status, at, attempt, error, isRecovered }, ...latest.peek()].slice(0, maxTransitions);
    const hasSucceeded = status === 'SUCCEEDED';
    if (hasSucceeded || status === 'FAILED' || status === 'FAILED_FINAL') {
      finishes.value = [...finishes.peek().slice(-maxFinishes), { at: Date.parse(at), hasSucceeded }];
    }
  }

  /** Those unchanged for longest are dropped first. */
  function remember(jobId: string, version: number): void {
    seen.delete(jobId);
    seen.set(jobId, version);
    if (seen.size <= maxJobs) return;
    const [oldest] = seen.keys();
    if (oldest !== undefined) seen.delete(oldest);
  }

  return {
    note(jobId, entry) {
      const last = seen.get(jobId);
      if (last !== undefined && entry.version <= last) return true;
      if (last !== undefined && entry.version > last + 1) return false;
      add(jobId, entry, false);
      return true;
    },
    catchUp(jobId, history, { since, isRecovered }) {
      const last = seen.get(jobId);
      for (const entry of history) {
        const isNews = last === undefined ? Date.parse(entry.at) >= since : entry.version > last;
        if (isNews) add(jobId, entry, isRecovered);
      }
      const present = history.at(-1)?.version;
      if (present !== undefined && present > (seen.get(jobId) ?? 0)) remember(jobId, present);
    },
    latest,
    finishes,
  };
}
