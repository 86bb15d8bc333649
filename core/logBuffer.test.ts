import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LogBuffer, linesOf, slotBytes } from './logBuffer.ts';
import type { LogLine } from './logLine.ts';

type Store = Map<number, readonly LogLine[]>;

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('log' as const), length: fc.nat(4000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('write' as const, 'fail' as const), reaches: fc.nat(3) }) },
);
const steps = fc.array(step, { minLength: 1, maxLength: 200, size: 'max' });

function run(
  todo: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[],
  onWrite?: (store: Store, logged: number) => void,
) {
  const buffer = new LogBuffer();
  const store: Store = new Map();
  const lines: LogLine[] = [];
  const write = (most = Infinity): void => {
    const slots = buffer.takeUnwritten();
    for (const { slot, lines: kept } of slots.slice(0, most)) {
      store.set(slot, kept);
      onWrite?.(store, lines.length);
    }
    buffer.putBack(slots.slice(most));
  };
  for (const one of todo) {
    if (one.kind === 'log') {
      const line: LogLine = { line: lines.length + 1, at: 1, level: 'info', message: 'x'.repeat(one.length) };
      lines.push(line);
      buffer.append(line);
    } else write(one.kind === 'fail' ? one.reaches : Infinity);
  }
  write();
  return { store, lines, kept: linesOf([...store.values()]) };
}

const sizeOf = (lines: readonly LogLine[]): number => lines.reduce((sum, line) => sum + JSON.stringify(line).length + 1, 0);

describe('what is kept of a log', () => {
  test('is at most 64 KB, in order, each line once and unchanged', () => {
    fc.assert(
      fc.property(steps, (todo) => {
        const { lines, kept, store } = run(todo);
        expect(sizeOf([...store.values()].flat())).toBeLessThanOrEqual(4 * slotBytes);
        expect(kept).toEqual(kept.map(({ line, skipped }) => ({ ...lines[line - 1], skipped })));
      }),
    );
  });

  test('is all of it where it is small', () => {
    fc.assert(
      fc.property(steps, (todo) => {
        const { lines, kept } = run(todo);
        // A slot ends before the first line that does not fit.
        if (sizeOf(lines) <= 2 * slotBytes) expect(kept).toEqual(lines.map((line) => ({ ...line, skipped: 0 })));
      }),
    );
  });

  test('is its beginning and its end, with one gap that says how many lines are missing', () => {
    fc.assert(
      fc.property(steps, (todo) => {
        const { lines, kept } = run(todo);
        const gaps = kept.filter(({ skipped }) => skipped > 0);
        expect(gaps.length).toBeLessThanOrEqual(1);
        expect(kept.length + gaps.reduce((sum, { skipped }) => sum + skipped, 0)).toBe(lines.length);
        const [gap] = gaps;
        if (gap === undefined) return;
        const longest = 4100;
        expect(sizeOf(kept.filter(({ line }) => line < gap.line))).toBeGreaterThan(2 * (slotBytes - longest));
        expect(sizeOf(kept.filter(({ line }) => line >= gap.line))).toBeGreaterThan(slotBytes - longest);
      }),
    );
  });

  test('after each single write, contains no line whose earlier kept lines are missing', () => {
    fc.assert(
      fc.property(steps, (todo) => {
        const seen = new Set<number>();
        run(todo, (store) => {
          const kept = linesOf([...store.values()]);
          const newest = kept.at(-1)?.line ?? 0;
          // Never older than an earlier write.
          expect(newest).toBeGreaterThanOrEqual(Math.max(0, ...seen));
          for (const { line } of kept) seen.add(line);
        });
      }),
    );
  });

  test('continues after the last line that a reader has', () => {
    const { kept, store } = run([
      { kind: 'log', length: 1 },
      { kind: 'log', length: 1 },
      { kind: 'log', length: 1 },
    ]);
    expect(linesOf([...store.values()], 1)).toEqual(kept.slice(1));
    expect(linesOf([...store.values()], 3)).toEqual([]);
  });
});
