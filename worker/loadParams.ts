/** The params of a claimed job, read once a receive, whatever attempts are made of it. */
import { PermanentError } from '../core/errors.ts';
import type { JsonValue } from '../core/job.ts';
import type { ClaimedWork } from './claimedWork.ts';
import { persist } from './persist.ts';

/** @throws {PermanentError} where they are gone; some error once the signal fired. */
export async function loadParams(work: ClaimedWork, signal: AbortSignal): Promise<JsonValue> {
  const { params } = work.job;
  if (params.kind === 'inline') return params.value;
  const [value] = await persist(work, {
    failure: 'the params could not be read',
    attempt: () => work.core.table.readPayloads([params.key], signal),
    lost: signal,
  });
  if (value === undefined) throw new PermanentError('The job’s params are gone from the table.');
  return value;
}
