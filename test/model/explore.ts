/** A plain breadth-first explorer: every state that can be reached, how, and where nothing goes on. */

export interface Step<State> {
  readonly name: string;
  readonly to: State;
  /** A fault or a client's whim: it may happen, but nobody may count on it. */
  readonly isOptional: boolean;
}

export interface Model<State> {
  readonly initial: readonly State[];
  steps(state: State): readonly Step<State>[];
  /** States that are the same for the model have the same key. */
  key(state: State): string;
  /** What is wrong with a state, or with the step that led to it. */
  violation(state: State): string | undefined;
  /** Whether nothing more need happen. */
  isDone(state: State): boolean;
}

export interface Exploration {
  readonly states: number;
  readonly steps: number;
  /** The shortest way to the first violation found, step by step. */
  readonly violation?: { readonly what: string; readonly trace: readonly string[] } | undefined;
}

/** Explores all states; stops at the first violation. @throws above `maxStates`: the bounds are too wide. */
export function explore<State>(model: Model<State>, maxStates = 3_000_000): Exploration {
  const numbers = new Map<string, number>();
  const states: State[] = [];
  const cameFrom: { readonly parent: number; readonly name: string }[] = [];
  /** By state: those from which it is reached without an optional step. */
  const before: number[][] = [];
  const done: number[] = [];
  let steps = 0;

  function visit(state: State, parent: number, name: string): number {
    const key = model.key(state);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    if (states.length >= maxStates) throw new Error(`more than ${maxStates} states`);
    const number = states.length;
    numbers.set(key, number);
    states.push(state);
    cameFrom.push({ parent, name });
    before.push([]);
    return number;
  }

  function traceTo(number: number): readonly string[] {
    const names: string[] = [];
    for (let at = cameFrom[number]; at !== undefined; at = cameFrom[at.parent]) names.unshift(at.name);
    return names;
  }

  for (const state of model.initial) visit(state, -1, 'start');
  for (let number = 0; number < states.length; number += 1) {
    const state = states[number];
    if (state === undefined) break;
    const what = model.violation(state);
    if (what !== undefined) return { states: states.length, steps, violation: { what, trace: traceTo(number) } };
    if (model.isDone(state)) done.push(number);
    for (const { name, to, isOptional } of model.steps(state)) {
      steps += 1;
      const next = visit(to, number, name);
      if (!isOptional) before[next]?.push(number);
    }
  }

  const stuck = firstThatNeverEnds(before, done);
  if (stuck === undefined) return { states: states.length, steps };
  return {
    states: states.length,
    steps,
    violation: { what: 'from here on, nothing that must happen leads to an end', trace: traceTo(stuck) },
  };
}

/** The first state from which no state that is done can be reached by steps that must happen. */
function firstThatNeverEnds(before: readonly (readonly number[])[], done: readonly number[]): number | undefined {
  const ends = new Uint8Array(before.length);
  const queue = [...done];
  for (const number of done) ends[number] = 1;
  for (let number = queue.pop(); number !== undefined; number = queue.pop()) {
    for (const earlier of before[number] ?? []) {
      if (ends[earlier] === 1) continue;
      ends[earlier] = 1;
      queue.push(earlier);
    }
  }
  const stuck = ends.indexOf(0);
  return stuck === -1 ? undefined : stuck;
}
