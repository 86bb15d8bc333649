/** Hands in jobs, and fails where one is refused: otherwise a bench would wait for it for ever. */
import type { Core } from '../../core/usecases/core.ts';
import { createJobs, type CreateJobRequest } from '../../core/usecases/createJob.ts';

export async function createAll(core: Core, requests: readonly CreateJobRequest[]): Promise<void> {
  for (const outcome of await createJobs(core, requests)) {
    if (!outcome.ok) throw new Error('a job was refused', { cause: outcome.error });
  }
}
