/**
 * Params and results of one request: those kept apart are read when they are selected, a few at a time, and counted
 * towards the answer as they come, so that one which grows too large ends before it is all in memory.
 */
import type { JsonValue, Payload } from '../core/job.ts';
import { jsonSize, type JsonSize } from '../core/jsonSize.ts';
import { coalesce, type ReadOne } from '../core/usecases/coalesce.ts';
import type { ApiContext } from './context.ts';

interface Sized {
  readonly value: JsonValue;
  readonly size: JsonSize;
}

/** Ends with the request's context. */
const reads = new WeakMap<ApiContext, ReadOne<Sized>>();

/** Reads of each owner that are under way or wait: one who asks a hundred times at once is served no more at a time. */
const gates = new Map<string, { running: number; readonly waiting: (() => void)[] }>();
const maxReadsPerOwner = 2;

/** Decoding them takes one turn: together no more than a megabyte. */
const paced = { maxBatch: 4, maxCalls: 2 };

/** Bytes that count as one query: large fields are not free because there are few of them. */
const bytesPerQuery = 64 * 1024;

/**
 * `null` where it is gone, as a record that is read while it expires. @throws {JobError} `TABLE_UNAVAILABLE`,
 * `RESPONSE_TOO_LARGE`, `RATE_LIMITED`.
 */
export async function loadPayload(context: ApiContext, payload: Payload): Promise<JsonValue> {
  if (payload.kind === 'inline') {
    context.answer.add(jsonSize(payload.value));
    return payload.value;
  }
  let read = reads.get(context);
  if (read === undefined) reads.set(context, (read = coalesce((keys) => readSized(context, keys), paced)));
  const found = await read(payload.key);
  if (found === undefined) return null;
  context.answer.add(found.size);
  return found.value;
}

async function readSized(context: ApiContext, keys: readonly string[]): Promise<readonly (Sized | undefined)[]> {
  const { core, owner, signal, answer, spend } = context;
  // One that is too large already reads no more.
  answer.add({ values: 0, bytes: 0 });
  const values = await atMost(owner, () => core.table.readPayloads(keys, signal));
  const sized = values.map((value) => (value === undefined ? undefined : { value, size: jsonSize(value) }));
  const bytes = sized.reduce((sum, one) => sum + (one?.size.bytes ?? 0), 0);
  if (bytes >= bytesPerQuery) await spend('queries', Math.floor(bytes / bytesPerQuery));
  return sized;
}

async function atMost<Value>(owner: string, read: () => Promise<Value>): Promise<Value> {
  const gate = gates.get(owner) ?? { running: 0, waiting: [] };
  gates.set(owner, gate);
  if (gate.running >= maxReadsPerOwner) await new Promise<void>((resolve) => gate.waiting.push(resolve));
  else gate.running += 1;
  try {
    return await read();
  } finally {
    // The place goes on to the next, or is free.
    const next = gate.waiting.shift();
    if (next !== undefined) next();
    else if (--gate.running === 0) gates.delete(owner);
  }
}
