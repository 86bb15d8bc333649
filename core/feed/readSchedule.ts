/**
 * Decides when watched jobs are read without a hint: while the feed is away, and after a long silence. Its callers add jitter.
 * At most a given number of jobs is read per second in this process, in the order in which they fell due, so that each is read
 * once before any is read twice.
 */

/** One watched job. */
export interface ScheduledReader {
  /** Set by the schedule: the tick at which it is due. */
  dueTick: number;
  /** Milliseconds it can still wait, asked when it falls due; 0 or less: read it now. */
  remainingMs(): number;
  /** Reads the job. It plans its next read itself. */
  read(): void;
}

export interface ReadScheduleDeps {
  readonly maxReadsPerSecond: number;
  /** Milliseconds, monotonic. */
  readonly elapsed: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
}

export const tickMs = 50;
const notDue = -1;
const waiting = -2;

export class ReadSchedule {
  readonly #deps: ReadScheduleDeps;
  readonly #byTick = new Map<number, Set<ScheduledReader>>();
  readonly #waiting = new Set<ScheduledReader>();
  #tick: number;
  #allowance = 0;
  #filledAt: number;

  constructor(deps: ReadScheduleDeps) {
    this.#deps = deps;
    this.#filledAt = deps.elapsed();
    this.#tick = this.#tickAt(this.#filledAt);
  }

  /** Monotonic, in milliseconds, as of the last tick. Read at every event, so it is cached. */
  get now(): number {
    return this.#tick * tickMs;
  }

  /** How many jobs have a read planned. */
  get size(): number {
    let size = this.#waiting.size;
    for (const readers of this.#byTick.values()) size += readers.size;
    return size;
  }

  /** Replaces what was planned for it. The delay is from `ms` up to one and a half times that, so that reads are spread out. */
  after(reader: ScheduledReader, ms: number): void {
    const delayMs = ms * (1 + this.#deps.random() / 2);
    const tick = Math.max(this.#tick, this.#tickAt(this.#deps.elapsed())) + Math.max(1, Math.ceil(delayMs / tickMs));
    this.cancel(reader);
    const readers = this.#byTick.get(tick) ?? new Set();
    this.#byTick.set(tick, readers.add(reader));
    reader.dueTick = tick;
  }

  cancel(reader: ScheduledReader): void {
    const readers = this.#byTick.get(reader.dueTick);
    readers?.delete(reader);
    if (readers?.size === 0) this.#byTick.delete(reader.dueTick);
    this.#waiting.delete(reader);
    reader.dueTick = notDue;
  }

  /** To be called every `tickMs`. */
  tick(): void {
    const elapsed = this.#deps.elapsed();
    for (const last = this.#tickAt(elapsed); this.#tick < last;) {
      this.#tick += 1;
      const due = this.#byTick.get(this.#tick);
      this.#byTick.delete(this.#tick);
      for (const reader of due ?? []) this.#fallDue(reader);
    }
    this.#fill(elapsed);
    for (const reader of this.#waiting) {
      if (this.#allowance < 1) return;
      this.#allowance -= 1;
      this.#waiting.delete(reader);
      reader.dueTick = notDue;
      reader.read();
    }
  }

  #fallDue(reader: ScheduledReader): void {
    reader.dueTick = waiting;
    const remainingMs = reader.remainingMs();
    if (remainingMs > 0) this.after(reader, remainingMs);
    else this.#waiting.add(reader);
  }

  /** An unused allowance is lost after two ticks, so that a quiet time is not followed by a burst. */
  #fill(elapsed: number): void {
    const { maxReadsPerSecond } = this.#deps;
    const most = Math.max(1, (2 * tickMs * maxReadsPerSecond) / 1000);
    this.#allowance = Math.min(most, this.#allowance + ((elapsed - this.#filledAt) / 1000) * maxReadsPerSecond);
    this.#filledAt = elapsed;
  }

  #tickAt(elapsed: number): number {
    return Math.floor(elapsed / tickMs);
  }
}
