/** Combines single reads: those requested in one turn are one call, and a bounded number of calls is in flight at once. */
import { JobError } from '../errors.ts';

export type ReadOne<Value> = (key: string) => Promise<Value | undefined>;

export interface Pace {
  /** Default 100: as many as the table reads in one call. */
  readonly maxBatch?: number;
  /** Default 16: when 200,000 watched jobs are read again, the rest wait, and form fuller calls. */
  readonly maxCalls?: number;
}

/** @param readMany Returns the values in the order of the keys. Nothing is cached: a value is at least as new as the call. */
export function coalesce<Value>(
  readMany: (keys: readonly string[]) => Promise<readonly (Value | undefined)[]>,
  { maxBatch = 100, maxCalls = 16 }: Pace = {},
): ReadOne<Value> {
  type Batch = Map<string, PromiseWithResolvers<Value | undefined>>;
  /** The last call takes more. */
  const batches: Batch[] = [];
  let calls = 0;
  let isStarting = false;

  async function read(batch: Batch): Promise<void> {
    try {
      const values = await readMany([...batch.keys()]);
      for (const [index, { resolve }] of [...batch.values()].entries()) resolve(values[index]);
    } catch (error) {
      // A key that the table refuses, or an item that cannot be decoded, must not fail the others.
      if (batch.size > 1 && !(error instanceof JobError)) batches.unshift(...Array.from(batch, (one) => new Map([one])));
      else for (const { reject } of batch.values()) reject(error);
    }
  }

  async function readNext(batch: Batch): Promise<void> {
    calls += 1;
    await read(batch);
    calls -= 1;
    start();
  }

  function start(): void {
    while (calls < maxCalls) {
      const batch = batches.shift();
      if (batch === undefined) return;
      void readNext(batch);
    }
  }

  function startAfterThisTurn(): void {
    if (isStarting) return;
    isStarting = true;
    setImmediate(() => {
      isStarting = false;
      start();
    });
  }

  return (key) => {
    startAfterThisTurn();
    let batch = batches.at(-1);
    if (batch === undefined || batch.size >= maxBatch) batches.push((batch = new Map()));
    const known = batch.get(key) ?? Promise.withResolvers();
    batch.set(key, known);
    return known.promise;
  };
}
