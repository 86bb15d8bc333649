/**
 * A breadth-first explorer: every state that can be reached, how, and where nothing goes on. States are known by a hash of
 * 64 bits and dropped once they are expanded, so that millions fit: of ten million, two are taken for one with a
 * chance of one in three hundred thousand.
 */

export interface Step<State> {
  readonly name: string;
  readonly to: State;
  /** A fault or a client's choice: it may happen, but progress must not depend on it. */
  readonly isOptional: boolean;
}

export interface Model<State> {
  readonly initial: readonly State[];
  steps(state: State): readonly Step<State>[];
  /** States that are the same for the model have the same key. */
  key(state: State): string;
  /** What is wrong with a state, or with the step that led to it. */
  violation(state: State): string | undefined;
  /** Whether nothing more has to happen. */
  isDone(state: State): boolean;
}

export interface Exploration {
  readonly states: number;
  readonly steps: number;
  /** The shortest way to the first violation found, step by step. */
  readonly violation?: { readonly what: string; readonly trace: readonly string[] } | undefined;
}

export const neverEnds = 'from here on, nothing that must happen leads to an end';

/** Explores all states; stops at the first violation. @throws above `maxStates`: the bounds are too wide. */
export function explore<State>(model: Model<State>, maxStates = 3_000_000): Exploration {
  const numbers = createNumbers();
  /** By number; undefined once expanded. */
  const states: (State | undefined)[] = [];
  const parents = createInts();
  const vias = createInts();
  const names = new Map<string, number>();
  /** Steps that must happen: from, to. */
  const sources = createInts();
  const targets = createInts();
  const done: number[] = [];
  let steps = 0;

  function visit(state: State, parent: number, name: string): number {
    const number = states.length;
    const known = numbers.numberOf(model.key(state), number);
    if (known !== number) return known;
    if (number >= maxStates) throw new Error(`more than ${maxStates} states`);
    states.push(state);
    const via = names.get(name) ?? names.size;
    names.set(name, via);
    parents.push(parent);
    vias.push(via);
    return number;
  }

  function found(what: string, number: number): Exploration {
    const all = [...names.keys()];
    const trace: string[] = [];
    for (let at = number; at !== -1; at = parents.at(at)) trace.unshift(all[vias.at(at)] ?? '');
    return { states: states.length, steps, violation: { what, trace } };
  }

  for (const state of model.initial) visit(state, -1, 'start');
  for (let number = 0; number < states.length; number += 1) {
    const state = states[number];
    if (state === undefined) break;
    const what = model.violation(state);
    if (what !== undefined) return found(what, number);
    if (model.isDone(state)) done.push(number);
    for (const { name, to, isOptional } of model.steps(state)) {
      steps += 1;
      const next = visit(to, number, name);
      if (isOptional || next === number) continue;
      sources.push(number);
      targets.push(next);
    }
    states[number] = undefined;
  }

  const stuck = firstThatNeverEnds(states.length, sources.all(), targets.all(), done);
  return stuck === undefined ? { states: states.length, steps } : found(neverEnds, stuck);
}

/** The first state from which no state that is done can be reached by steps that must happen. */
function firstThatNeverEnds(count: number, sources: Int32Array, targets: Int32Array, done: readonly number[]): number | undefined {
  // Edges sorted by their target: those of `number` stand from starts[number] to starts[number + 1].
  const starts = new Int32Array(count + 2);
  for (const target of targets) starts[target + 2] = (starts[target + 2] ?? 0) + 1;
  for (let number = 2; number < starts.length; number += 1) starts[number] = (starts[number] ?? 0) + (starts[number - 1] ?? 0);
  const before = new Int32Array(targets.length);
  for (const [edge, target] of targets.entries()) {
    const place = starts[target + 1] ?? 0;
    before[place] = sources[edge] ?? 0;
    starts[target + 1] = place + 1;
  }
  const ends = new Uint8Array(count);
  const queue = [...done];
  for (const number of done) ends[number] = 1;
  for (let number = queue.pop(); number !== undefined; number = queue.pop()) {
    for (let edge = starts[number] ?? 0; edge < (starts[number + 1] ?? 0); edge += 1) {
      const earlier = before[edge] ?? 0;
      if (ends[earlier] === 1) continue;
      ends[earlier] = 1;
      queue.push(earlier);
    }
  }
  const stuck = ends.indexOf(0);
  return stuck === -1 ? undefined : stuck;
}

interface Ints {
  push(value: number): void;
  at(index: number): number;
  all(): Int32Array;
}

/** Numbers without an object each. */
function createInts(): Ints {
  let values = new Int32Array(1 << 14);
  let length = 0;
  return {
    push(value) {
      if (length === values.length) {
        const larger = new Int32Array(length * 2);
        larger.set(values);
        values = larger;
      }
      values[length] = value;
      length += 1;
    },
    at: (index) => values[index] ?? -1,
    all: () => values.subarray(0, length),
  };
}

interface Numbers {
  /** The number of a text that was there before; else `number`, which it has from now on. */
  numberOf(text: string, number: number): number;
}

/** Texts, known by a hash of two halves, at the first free place from where the one half points to: at most half of the places are used. */
function createNumbers(): Numbers {
  let mask = (1 << 16) - 1;
  let highs = new Uint32Array(mask + 1);
  let lows = new Uint32Array(mask + 1);
  /** From 1; 0: the place is free. */
  let numbers = new Int32Array(mask + 1);
  let used = 0;

  function placeOf(high: number, low: number): number {
    let place = low & mask;
    while (numbers[place] !== 0 && (lows[place] !== low || highs[place] !== high)) place = (place + 1) & mask;
    return place;
  }

  function grow(): void {
    const before = { highs, lows, numbers };
    mask = 2 * mask + 1;
    highs = new Uint32Array(mask + 1);
    lows = new Uint32Array(mask + 1);
    numbers = new Int32Array(mask + 1);
    for (const [from, number] of before.numbers.entries()) {
      if (number !== 0) put(before.highs[from] ?? 0, before.lows[from] ?? 0, number);
    }
  }

  function put(high: number, low: number, number: number): void {
    const place = placeOf(high, low);
    highs[place] = high;
    lows[place] = low;
    numbers[place] = number;
  }

  return {
    numberOf(text, number) {
      // cyrb53, with all 64 bits.
      let high = 0xdeadbeef;
      let low = 0x41c6ce57;
      for (let index = 0; index < text.length; index += 1) {
        const code = text.charCodeAt(index);
        high = Math.imul(high ^ code, 2654435761);
        low = Math.imul(low ^ code, 1597334677);
      }
      high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
      low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
      high >>>= 0;
      low >>>= 0;
      const known = numbers[placeOf(high, low)] ?? 0;
      if (known !== 0) return known - 1;
      put(high, low, number + 1);
      used += 1;
      if (2 * used > mask) grow();
      return number;
    },
  };
}
