/** The params of a claimed job, read once per receive, however many attempts are made. */
import { PermanentError } from '../core/errors.ts';
import type { JsonValue } from '../core/job.ts';
import type { Claimed } from './claim.ts';
import type { WorkerParts } from './parts.ts';
import { untilAnswered } from './untilAnswered.ts';

/** @throws {PermanentError} where the params are gone; another error once the signal fired. */
export async function loadParams(parts: WorkerParts, { job: { params }, log }: Claimed, signal: AbortSignal): Promise<JsonValue> {
  if (params.kind === 'inline') return params.value;
  const [value] = await untilAnswered(parts, {
    ask: () => parts.core.table.readPayloads([params.key], signal),
    signal,
    onAway: (error) => log.warn({ error }, 'the params could not be read; trying again'),
  });
  if (value === undefined) throw new PermanentError('The job’s params are gone from the table.');
  return value;
}
