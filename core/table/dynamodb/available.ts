/** Tells a table that does not answer from a fault in this code. */
import { JobError } from '../../errors.ts';

/**
 * @throws {JobError} `TABLE_UNAVAILABLE`: the SDK has retried already, and the caller may try later. Where the signal
 * has fired, its reason.
 */
export async function available<Answer>(call: Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
  try {
    return await call;
  } catch (error) {
    signal?.throwIfAborted();
    throw unavailable(error);
  }
}

export function unavailable(error: unknown): unknown {
  // A request that DynamoDB calls malformed is a fault in this code, not of the table.
  if (error instanceof Error && error.name === 'ValidationException') return error;
  return new JobError('TABLE_UNAVAILABLE', {}, { cause: error });
}
