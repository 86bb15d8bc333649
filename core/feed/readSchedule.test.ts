import { describe, expect, test } from 'vitest';
import { ReadSchedule, tickMs, type ScheduledReader } from './readSchedule.ts';

/** Watched jobs whose reads are recorded, and a clock that the test moves. */
function setup({ maxReadsPerSecond = 500, pollMs = 1000 } = {}) {
  let elapsed = 0;
  let seed = 1;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const schedule = new ReadSchedule({ maxReadsPerSecond, elapsed: () => elapsed, random });
  const turns: { readonly reader: Reader; readonly at: number }[] = [];
  class Reader implements ScheduledReader {
    dueTick = -1;
    remaining = 0;
    turns = 0;
    remainingMs(): number {
      return this.remaining - elapsed;
    }
    read(): void {
      this.turns += 1;
      turns.push({ reader: this, at: elapsed });
      schedule.after(this, pollMs);
    }
  }
  return {
    schedule,
    turns,
    add(count: number): readonly Reader[] {
      const readers = Array.from({ length: count }, () => new Reader());
      for (const reader of readers) schedule.after(reader, pollMs);
      return readers;
    },
    pass(ms: number): void {
      for (const end = elapsed + ms; elapsed < end;) {
        elapsed += tickMs;
        schedule.tick();
      }
    },
  };
}

describe('the schedule of reads', () => {
  test('gives 5,000 watched jobs at most 500 reads a second, spread out, and reads each once before any is read three times', () => {
    const { add, pass, turns } = setup();
    const readers = add(5000);
    pass(60_000);
    const perSecond = Object.values(Object.groupBy(turns, ({ at }) => Math.floor(at / 1000))).map((some) => some?.length ?? 0);
    const perTick = Object.values(Object.groupBy(turns, ({ at }) => at)).map((some) => some?.length ?? 0);
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(500 + 50);
    expect(Math.max(...perTick)).toBeLessThanOrEqual(50);
    expect(turns.length).toBeGreaterThan(0.95 * 500 * 58);
    const counts = readers.map((reader) => reader.turns);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  test('spreads reads that were planned at one moment', () => {
    const { add, pass, turns } = setup({ maxReadsPerSecond: 100_000 });
    add(1000);
    pass(1600);
    const first = Object.values(Object.groupBy(turns, ({ at }) => at)).map((some) => some?.length ?? 0);
    expect(first.length).toBeGreaterThanOrEqual(10);
    expect(Math.max(...first)).toBeLessThan(200);
  });

  test('postpones a job that can still wait, and drops one that is cancelled', () => {
    const { schedule, add, pass } = setup();
    const [patient, gone] = add(2);
    if (patient === undefined || gone === undefined) throw new Error('no readers');
    patient.remaining = 10_000;
    schedule.cancel(gone);
    schedule.cancel(gone);
    pass(9000);
    expect([patient.turns, gone.turns, schedule.size]).toEqual([0, 0, 1]);
    pass(8000);
    expect(patient.turns).toBeGreaterThan(0);
    schedule.cancel(patient);
    expect(schedule.size).toBe(0);
  });

  test('makes no burst after a quiet time, or after a time in which the process stood still', () => {
    const { schedule, add, pass, turns } = setup({ maxReadsPerSecond: 100 });
    pass(60_000);
    const readers = add(1000);
    for (const reader of readers) schedule.after(reader, 0);
    pass(tickMs * 2);
    expect(turns.length).toBeLessThanOrEqual(20);
  });
});
