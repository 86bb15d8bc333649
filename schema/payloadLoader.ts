/**
 * Params and results of one request. Those stored apart are read when they are selected, a few at a time, and counted towards
 * the answer as they come. So an answer that grows too large ends before all of it is in memory.
 */
import type { JsonValue, Payload } from '../core/job.ts';
import { jsonSize, type JsonSize } from '../core/jsonSize.ts';
import { coalesce, type ReadOne } from '../core/usecases/coalesce.ts';
import type { ApiContext } from './context.ts';

interface Sized {
  readonly value: JsonValue;
  readonly size: JsonSize;
}

/** Lives as long as the request's context. */
const reads = new WeakMap<ApiContext, ReadOne<Sized>>();

/** Each owner's reads that run or wait: a hundred requests at once get no more reads at a time than one. */
const gates = new Map<string, { running: number; readonly waiting: (() => void)[] }>();
const maxReadsPerOwner = 2;

/** They are decoded in one turn of the event loop: together no more than a megabyte. */
const paced = { maxBatch: 4, maxCalls: 2 };

/** Bytes that count as one query: otherwise few large fields would cost nothing. */
const bytesPerQuery = 64 * 1024;

/**
 * `null` where it is gone, for a record that is read while it expires. @throws {JobError} `TABLE_UNAVAILABLE`,
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
  // An answer that is too large already reads no more.
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
    // The slot passes to the next read, or is free.
    const next = gate.waiting.shift();
    if (next !== undefined) next();
    else if (--gate.running === 0) gates.delete(owner);
  }
}
