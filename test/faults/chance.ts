/** Repeatable randomness: from a seed that is printed with each failure, or given as FAULT_SEED. */
import type { TestContext } from 'vitest';

export function createChance({ onTestFailed }: Pick<TestContext, 'onTestFailed'>, seed = seedOf()): () => number {
  onTestFailed(() => void process.stderr.write(`to replay: FAULT_SEED=${seed}\n`));
  return chanceOf(seed);
}

/** 0 to 1. Mulberry32: small, and the same everywhere. */
export function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function seedOf(): number {
  const given = process.env['FAULT_SEED'];
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}
