/**
 * Where attempts and their logs are kept beside the record: a count of notes per job, a note for each attempt that logged or
 * failed, and the slots of its log, under keys that are computed from the note's number. Nothing is written for other attempts.
 *
 * Each is kept as long as the record of a job that ends when it is written, and some days more: a job that is open for longer
 * loses the logs of its first attempts first.
 */
import { z } from 'zod';
import { attemptNote, type AttemptNote } from '../attemptRuns.ts';
import { linesOf, slotCount, type KeptLine, type LogSlot } from '../logBuffer.ts';
import { logLine, maxRuns, placeOf, sequenceOf, type LogLine } from '../logLine.ts';
import { defineEntryKind, entryKey, type Entries } from '../table/entries.ts';
import { payloadExpiry } from '../table/payloadLife.ts';
import type { Core } from './core.ts';

const countKind = defineEntryKind('attemptCount', z.object({ notes: z.int() }));
const noteKind = defineEntryKind('attempt', attemptNote);
const slotKind = defineEntryKind('attemptLog', z.object({ lines: z.array(logLine) }));

/** Errors: `TABLE_UNAVAILABLE`. */
export interface NoteWriter {
  /** The number of a new note; undefined where the job already has the most allowed. */
  begin(): Promise<number | undefined>;
  write(number: number, note: AttemptNote): Promise<void>;
  writeSlot(number: number, slot: LogSlot): Promise<void>;
}

export interface NoteWriterDeps {
  readonly entries: Pick<Entries, 'get' | 'create' | 'replace' | 'put'>;
  readonly jobId: string;
  readonly jobTtlDays: number;
  /** The service's time, in milliseconds. */
  readonly now: () => number;
}

export function createNoteWriter({ entries, jobId, jobTtlDays, now }: NoteWriterDeps): NoteWriter {
  const expiresAt = (): number => payloadExpiry(now(), jobTtlDays);
  return {
    async begin() {
      let entry = await entries.get(countKind, jobId);
      // Another worker, which has lost the job, may write at the same time; one of the two is first.
      for (;;) {
        const notes: number = entry?.value.notes ?? 0;
        if (notes >= maxRuns) return undefined;
        const draft = { value: { notes: notes + 1 }, expiresAt: expiresAt() };
        const written = await (entry === undefined
          ? entries.create(countKind, { ...draft, key: jobId })
          : entries.replace(countKind, entry, draft));
        if (written.ok) return notes;
        entry = written.entry;
      }
    },
    async write(number, value) {
      await entries.put(noteKind, { key: entryKey(jobId, number), value, expiresAt: expiresAt() });
    },
    async writeSlot(number, { slot, lines }) {
      await entries.put(slotKind, { key: entryKey(jobId, number, slot), value: { lines: [...lines] }, expiresAt: expiresAt() });
    },
  };
}

interface Reads {
  readonly table: Pick<Core['table'], 'entries'>;
}

const notesAtOnce = 100;

/** By their numbers; undefined where one is gone, or was never written. */
export async function readNotes(
  { table: { entries } }: Reads,
  jobId: string,
  signal?: AbortSignal,
): Promise<readonly (AttemptNote | undefined)[]> {
  return notesFrom(entries, jobId, { from: 0, to: await countOf(entries, jobId), signal });
}

/** A line as clients get it: its sequence contains the note's number. */
export interface LoggedLine extends Omit<KeptLine, 'line'> {
  readonly jobId: string;
  readonly sequence: number;
  readonly generation: number;
  readonly attempt: number;
}

export interface LinesWanted {
  /** A sequence; 0 for all. */
  readonly after: number;
  readonly limit: number;
  /** Only lines of the attempt with this note. */
  readonly note?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** In order; fewer than the limit where there are no more at present. */
export async function readLines(
  { table: { entries } }: Reads,
  jobId: string,
  { after, limit, note: only, signal }: LinesWanted,
): Promise<readonly LoggedLine[]> {
  const place = placeOf(after);
  const from = only ?? place.run;
  // Read before any slot: a note that exists says that the logs before it are complete.
  const count = await countOf(entries, jobId);
  const to = only === undefined ? count : Math.min(count, only + 1);
  const notes = await notesFrom(entries, jobId, { from, to, signal });
  const lines: LoggedLine[] = [];
  for (const [index, note] of notes.entries()) {
    if (note?.hasLogs !== true) continue;
    if (lines.length >= limit) break;
    const number = from + index;
    const kept = await keptOf(entries, { jobId, number, after: number === place.run ? place.line : 0, signal });
    for (const { line, ...rest } of kept) {
      lines.push({ jobId, sequence: sequenceOf(number, line), generation: note.generation, attempt: note.number, ...rest });
    }
  }
  return lines.slice(0, limit);
}

interface Wanted {
  readonly jobId: string;
  readonly number: number;
  readonly after: number;
  readonly signal: AbortSignal | undefined;
}

async function keptOf(entries: Entries, { jobId, number, after, signal }: Wanted): Promise<readonly KeptLine[]> {
  const read = async (): Promise<readonly (readonly LogLine[])[]> => {
    const keys = Array.from({ length: slotCount }, (_, slot) => entryKey(jobId, number, slot));
    return (await entries.getMany(slotKind, keys, signal)).map((entry) => entry?.value.lines ?? []);
  };
  const slots = await read();
  const kept = linesOf(slots, after);
  // Another process may have written between the reads of two slots; a second read shows that.
  return kept.some(({ skipped }) => skipped > 0) ? linesOf([...slots, ...(await read())], after) : kept;
}

async function countOf(entries: Entries, jobId: string): Promise<number> {
  return (await entries.get(countKind, jobId))?.value.notes ?? 0;
}

async function notesFrom(
  entries: Entries,
  jobId: string,
  { from, to, signal }: { readonly from: number; readonly to: number; readonly signal: AbortSignal | undefined },
): Promise<readonly (AttemptNote | undefined)[]> {
  const notes: (AttemptNote | undefined)[] = [];
  for (let first = from; first < to; first += notesAtOnce) {
    const keys = Array.from({ length: Math.min(notesAtOnce, to - first) }, (_, index) => entryKey(jobId, first + index));
    notes.push(...(await entries.getMany(noteKind, keys, signal)).map((entry) => entry?.value));
  }
  return notes;
}
