/**
 * What is kept of an attempt’s log, in slots that are written as a whole: the first lines fill the head and stay, those
 * after them go round in the tail, where the newest overwrite the oldest. So an attempt takes four writable places and
 * 64 KB, however much it logs, and never less than its first 32 KB less a line and its last 16 KB less a line.
 */
import type { LogLine } from './logLine.ts';

/** Of the JSON of its lines. */
export const slotBytes = 16 * 1024;
export const headSlots = 2;
const tailSlots = 2;
export const slotCount = headSlots + tailSlots;

export interface LogSlot {
  readonly slot: number;
  readonly lines: readonly LogLine[];
}

export class LogBuffer {
  readonly #slots: LogLine[][] = Array.from({ length: slotCount }, () => []);
  /** In the order of their lines. */
  readonly #unwritten = new Set<number>();
  #slot = 0;
  #bytes = 0;

  /** Answers whether a part of the head is full, and better written now: the tail waits for its time, whatever is logged. */
  append(line: LogLine): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(line)) + 1;
    const isFull = this.#bytes > 0 && this.#bytes + bytes > slotBytes;
    const fillsHead = isFull && this.#slot < headSlots;
    if (isFull) this.#next();
    this.#slots[this.#slot]?.push(line);
    this.#bytes += bytes;
    this.#unwritten.add(this.#slot);
    return fillsHead;
  }

  get hasUnwritten(): boolean {
    return this.#unwritten.size > 0;
  }

  /** Oldest lines first: to be written in this order, so that whoever reads a line finds those before it. */
  takeUnwritten(): readonly LogSlot[] {
    const taken = [...this.#unwritten].map((slot) => ({ slot, lines: [...(this.#slots[slot] ?? [])] }));
    this.#unwritten.clear();
    return taken;
  }

  /** They could not be written. */
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
    // Overwritten unwritten: its place in the order is that of the new lines.
    this.#unwritten.delete(this.#slot);
  }
}

export interface KeptLine extends LogLine {
  /** Lines of this attempt, between the one before and this one, that are not kept. */
  readonly skipped: number;
}

/** The lines that slots hold after a line, in order, with the gaps between them; slots may have been read at different times. */
export function linesOf(slots: readonly (readonly LogLine[])[], after = 0): readonly KeptLine[] {
  const byNumber = new Map(slots.flat().map((line) => [line.line, line]));
  const lines = [...byNumber.values()].filter(({ line }) => line > after).toSorted((one, other) => one.line - other.line);
  return lines.map((line, index) => ({ ...line, skipped: line.line - (lines[index - 1]?.line ?? after) - 1 }));
}
