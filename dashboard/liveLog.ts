/** The log of one job, live: kept in order, bounded, and followed again when an ended job is retried. */
import { signal as createSignal, type ReadonlySignal } from '@preact/signals-core';
import type { Connection } from '../client/connection.ts';
import { jobLogs, type JobLogLine } from '../client/jobLogs.ts';
import { messageOf } from './messageOf.ts';

export interface LiveLogState {
  /** Oldest first. */
  readonly lines: readonly JobLogLine[];
  /** The number of earlier lines that were dropped. */
  readonly dropped: number;
  /** False once the job's log is at its end. */
  readonly isLive: boolean;
  readonly problem: string | undefined;
}

export interface LiveLog {
  readonly state: ReadonlySignal<LiveLogState>;
  /** Continues after the last line, unless it is being followed already. */
  follow(): void;
  close(): void;
}

/** As many as a page can hold without getting slow. */
const maxKeptLines = 5000;
/** Lines that come together are rendered together. */
const drawEveryMs = 100;

export function createLiveLog(connection: Connection, jobId: string): LiveLog {
  const state = createSignal<LiveLogState>({ lines: [], dropped: 0, isLive: false, problem: undefined });
  const closing = new AbortController();
  let arrived: JobLogLine[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let seen: number | undefined;

  function draw(): void {
    clearTimeout(timer);
    timer = undefined;
    if (arrived.length === 0) return;
    const { lines, dropped, ...rest } = state.peek();
    const all = [...lines, ...arrived];
    arrived = [];
    const kept = all.slice(-maxKeptLines);
    state.value = { ...rest, lines: kept, dropped: dropped + all.length - kept.length };
  }

  async function read(): Promise<void> {
    for await (const line of jobLogs(connection, jobId, { afterSequence: seen, signal: closing.signal })) {
      seen = line.sequence;
      arrived.push(line);
      timer ??= setTimeout(draw, drawEveryMs);
    }
  }

  return {
    state,
    follow() {
      if (state.peek().isLive || closing.signal.aborted) return;
      state.value = { ...state.peek(), isLive: true, problem: undefined };
      void read()
        .then(() => undefined, messageOf)
        .then((problem) => {
          if (closing.signal.aborted) return;
          draw();
          state.value = { ...state.peek(), isLive: false, problem };
        });
    },
    close() {
      clearTimeout(timer);
      closing.abort();
    },
  };
}
