/**
 * The part of an attempt’s log that is kept, in slots that are each written as a whole. The first lines fill the head and stay.
 * Later lines go to the tail, a ring in which the newest overwrite the oldest. So an attempt takes four slots and 64 KB,
 * however much it logs, and always keeps its first 32 KB and its last 16 KB, less a line each.
 */
import type { LogLine } from './logLine.ts';

/** Bytes of its lines as JSON. */
export const slotBytes = 16 * 1024;
export const headSlots = 2;
const tailSlots = 2;
export const slotCount = headSlots + tailSlots;

export interface LogSlot {
  readonly slot: number;
  readonly lines: readonly LogLine[];
}

export class LogBuffer {
  /** Most attempts log nothing: a slot is made for its first line. */
  readonly #slots: LogLine[][] = [];
  /** In the order of their lines. */
  readonly #unwritten = new Set<number>();
  #slot = 0;
  #bytes = 0;

  /** Returns whether a part of the head is full and should be written now. The tail is written at intervals, however much is logged. */
  append(line: LogLine): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(line)) + 1;
    const isFull = this.#bytes > 0 && this.#bytes + bytes > slotBytes;
    const fillsHead = isFull && this.#slot < headSlots;
    if (isFull) this.#next();
    (this.#slots[this.#slot] ??= []).push(line);
    this.#bytes += bytes;
    this.#unwritten.add(this.#slot);
    return fillsHead;
  }

  get hasUnwritten(): boolean {
    return this.#unwritten.size > 0;
  }

  /** Oldest lines first. Write them in this order, so that a reader who finds a line also finds those before it. */
  takeUnwritten(): readonly LogSlot[] {
    const taken = [...this.#unwritten].map((slot) => ({ slot, lines: [...(this.#slots[slot] ?? [])] }));
    this.#unwritten.clear();
    return taken;
  }

  /** The write of these slots failed. */
  putBack(slots: readonly LogSlot[]): void {
    const newer = [...this.#unwritten].filter((slot) => !slots.some((one) => one.slot === slot));
    const firstLine = (slot: number): number => this.#slots[slot]?.[0]?.line ?? 0;
    const all = [...slots.map(({ slot }) => slot), ...newer].toSorted((one, other) => firstLine(one) - firstLine(other));
    this.#unwritten.clear();
    for (const slot of all) this.#unwritten.add(slot);
  }

  #next(): void {
    this.#slot = this.#slot + 1 < slotCount ? this.#slot + 1 : headSlots;
    this.#slots[this.#slot] = [];
    this.#bytes = 0;
    // It was overwritten before it was written: it is now ordered by its new lines.
    this.#unwritten.delete(this.#slot);
  }
}

export interface KeptLine extends LogLine {
  /** Lines of this attempt, between the one before and this one, that are not kept. */
  readonly skipped: number;
}

/** The lines after a given line, in order, with the gaps between them. The slots may have been read at different times. */
export function linesOf(slots: readonly (readonly LogLine[])[], after = 0): readonly KeptLine[] {
  const byNumber = new Map(slots.flat().map((line) => [line.line, line]));
  const lines = [...byNumber.values()].filter(({ line }) => line > after).toSorted((one, other) => one.line - other.line);
  return lines.map((line, index) => ({ ...line, skipped: line.line - (lines[index - 1]?.line ?? after) - 1 }));
}
