/** Params and results of one request: those kept apart are read when they are selected, all of a turn in one go. */
import type { JsonValue, Payload } from '../core/job.ts';
import { coalesce, type ReadOne } from '../core/usecases/coalesce.ts';
import type { ApiContext } from './context.ts';

/** Ends with the request's context. */
const reads = new WeakMap<ApiContext, ReadOne<JsonValue>>();

/** `null` where it is gone, as a record that is read while it expires. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function loadPayload(context: ApiContext, payload: Payload): Promise<JsonValue> {
  if (payload.kind === 'inline') return payload.value;
  const { core, signal } = context;
  let read = reads.get(context);
  if (read === undefined) reads.set(context, (read = coalesce((keys) => core.table.readPayloads(keys, signal))));
  return (await read(payload.key)) ?? null;
}
