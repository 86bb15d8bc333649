/**
 * The notes of a receive's attempts: their logs while they run, and the ends of those that logged or failed. Nothing is written
 * for an attempt that does neither. Writes go one after the other, so the lines of an attempt are complete before the next
 * one's begin. When a worker is killed, what it had not written yet is lost: at most two seconds of it.
 */
import { maxStackLength, type AttemptNote, type AttemptOutcome } from '../core/attemptRuns.ts';
import { LogBuffer } from '../core/logBuffer.ts';
import { cutMessage, loggedFields, maxLinesPerRun, sequenceOf, type JobLogger, type LogLevel } from '../core/logLine.ts';
import { createNoteWriter } from '../core/usecases/attemptNotes.ts';
import type { Core } from '../core/usecases/core.ts';
import type { AttemptEnd } from './attempt.ts';
import { CancelRequested, ClaimLost } from './aborts.ts';
import type { Claimed } from './claim.ts';
import type { WorkerParts } from './parts.ts';
import { untilAnswered } from './untilAnswered.ts';

export interface AttemptLog {
  readonly log: JobLogger;
  /** Nothing more is logged for the job. The rest is written in the background, unless the claim was lost. */
  end(end: AttemptEnd): void;
}

export interface AttemptLogs {
  begin(attempt: number): AttemptLog;
  /** Resolves once everything is written, or given up. Never rejects. */
  written(): Promise<void>;
}

export const flushAfterMs = 2000;

/** The parts of the worker that this depends on. */
export type AttemptLogParts = Pick<WorkerParts, 'worker' | 'graceOver' | 'random'> & {
  readonly core: { readonly table: Pick<Core['table'], 'entries'>; readonly feed: Pick<Core['feed'], 'publish'> };
  readonly settings: Pick<WorkerParts['settings'], 'jobTtlDays'>;
  readonly breaker: Pick<WorkerParts['breaker'], 'closed'>;
};

export function createAttemptLogs(parts: AttemptLogParts, claimed: Pick<Claimed, 'job' | 'log' | 'now' | 'durable'>): AttemptLogs {
  const { core, settings, worker, graceOver } = parts;
  const { job, log: processLog, now, durable } = claimed;
  const { jobId, owner, version, status, generation } = job;
  const writer = createNoteWriter({ entries: core.table.entries, jobId, jobTtlDays: settings.jobTtlDays, now });
  let writing: Promise<void> | undefined;
  let at = job.updatedAt;

  function inTurn(write: () => Promise<void>): void {
    writing = (writing ?? Promise.resolve()).then(write).catch((error: unknown) => {
      processLog.warn({ error }, 'some notes of an attempt could not be written');
    });
  }

  function tell(attempt: number, logged: number): void {
    at = Math.max(now(), at + 1);
    const event = { jobId, owner, version, status, attempt, at, logged };
    (durable ?? Promise.resolve()).then(
      () => void core.feed.publish(event),
      () => undefined,
    );
  }

  function begin(attempt: number): AttemptLog {
    const startedAt = now();
    const buffer = new LogBuffer();
    let lines = 0;
    let number: number | undefined;
    let isRefused = false;
    let isOver = false;
    let isFlushing = false;
    let timer: NodeJS.Timeout | undefined;

    async function note(end?: AttemptNote['end']): Promise<boolean> {
      const isNew = number === undefined;
      if (isNew && !isRefused) {
        number = await writer.begin();
        isRefused = number === undefined;
      }
      if (number === undefined) return false;
      if (isNew || end !== undefined) {
        await writer.write(number, { generation, number: attempt, worker, startedAt, hasLogs: lines > 0, end });
      }
      return true;
    }

    async function flush(): Promise<void> {
      if (!buffer.hasUnwritten || !(await note()) || number === undefined) return;
      const slots = buffer.takeUnwritten();
      let done = 0;
      try {
        for (const slot of slots) {
          await writer.writeSlot(number, slot);
          done += 1;
        }
      } finally {
        buffer.putBack(slots.slice(done));
        const last = slots[done - 1]?.lines.at(-1);
        if (last !== undefined) tell(attempt, sequenceOf(number, last.line));
      }
    }

    function flushLater(): void {
      timer ??= setTimeout(flushNow, flushAfterMs);
    }

    function flushNow(): void {
      clearTimeout(timer);
      timer = undefined;
      if (isFlushing) return;
      isFlushing = true;
      inTurn(async () => {
        try {
          await flush();
        } finally {
          isFlushing = false;
          if (buffer.hasUnwritten && !isOver) flushLater();
        }
      });
    }

    function add(level: LogLevel, text: string, given: object | undefined): void {
      const message = cutMessage(text);
      const fields = loggedFields(given);
      processLog[level]({ attempt, ...(fields === undefined ? {} : { fields }) }, message);
      // An abandoned handler may still log.
      if (isOver || isRefused || lines >= maxLinesPerRun) return;
      lines += 1;
      const fillsHead = buffer.append({ line: lines, at: now(), level, message, ...(fields === undefined ? {} : { fields }) });
      if (fillsHead) flushNow();
      else flushLater();
    }

    return {
      log: {
        info: (message, fields) => add('info', message, fields),
        warn: (message, fields) => add('warn', message, fields),
        error: (message, fields) => add('error', message, fields),
      },
      end(end) {
        isOver = true;
        clearTimeout(timer);
        const outcome = outcomeOf(end);
        if (outcome === undefined || (lines === 0 && end.kind !== 'threw')) return;
        const ended = { finishedAt: now(), outcome, ...(end.kind === 'threw' ? { error: errorOf(end) } : {}) };
        const ask = async (): Promise<void> => {
          await flush();
          await note(ended);
        };
        inTurn(() => untilAnswered(parts, { ask, signal: graceOver }));
      },
    };
  }

  return {
    begin,
    written: () => writing ?? Promise.resolve(),
  };
}

/** Undefined: the worker that holds the job now continues its log. */
function outcomeOf(end: AttemptEnd): AttemptOutcome | undefined {
  if (end.kind === 'returned') return 'SUCCEEDED';
  if (end.kind === 'threw') return 'FAILED';
  if (end.kind === 'suspended') return 'SUSPENDED';
  if (end.reason instanceof ClaimLost) return undefined;
  return end.reason instanceof CancelRequested ? 'CANCELLED' : 'RELEASED';
}

function errorOf({ error, stack }: Extract<AttemptEnd, { kind: 'threw' }>): NonNullable<NonNullable<AttemptNote['end']>['error']> {
  return { code: error.code, message: error.message, ...(stack === undefined ? {} : { stack: stack.slice(0, maxStackLength) }) };
}
