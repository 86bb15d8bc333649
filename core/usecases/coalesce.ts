/** Single reads, coalesced: those asked for in one turn are one call. */
import { JobError } from '../errors.ts';

export type ReadOne<Value> = (key: string) => Promise<Value | undefined>;

/** As many as the table reads in one call. */
const maxBatch = 100;

/** @param readMany Answers the values in the order asked for. Nothing is cached: a value is at least as new as the call. */
export function coalesce<Value>(readMany: (keys: readonly string[]) => Promise<readonly (Value | undefined)[]>): ReadOne<Value> {
  type Waiting = Map<string, PromiseWithResolvers<Value | undefined>>;
  let open: Waiting | undefined;

  async function read(waiting: ReadonlyMap<string, PromiseWithResolvers<Value | undefined>>): Promise<void> {
    try {
      const values = await readMany([...waiting.keys()]);
      for (const [index, { resolve }] of [...waiting.values()].entries()) resolve(values[index]);
    } catch (error) {
      // One key that the table refuses, or one item that does not decode, is nobody else's fault.
      if (waiting.size > 1 && !(error instanceof JobError)) for (const one of waiting) void read(new Map([one]));
      else for (const { reject } of waiting.values()) reject(error);
    }
  }

  function openBatch(): Waiting {
    const batch: Waiting = new Map();
    setImmediate(() => {
      if (open === batch) open = undefined;
      void read(batch);
    });
    return batch;
  }

  return (key) => {
    if (open === undefined || open.size >= maxBatch) open = openBatch();
    const known = open.get(key) ?? Promise.withResolvers();
    open.set(key, known);
    return known.promise;
  };
}
