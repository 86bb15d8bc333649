/** The files that a job wrote: its type says which params name outputs, and they exist once the job has succeeded. */
import type { Job, JsonValue } from '../job.ts';
import { refusalOf } from '../objectAccess.ts';
import { objectsNamedIn } from '../objectUri.ts';
import type { Core } from './core.ts';
import { getJob, type Caller } from './readJob.ts';

export interface JobOutput {
  /** The name of the param; `parts.0` for an item of a list. */
  readonly name: string;
  readonly uri: string;
}

/** None for a job that has not succeeded: an existing file may not be its own. `params`: already loaded. */
export function outputsOf({ jobTypes }: Pick<Core, 'jobTypes'>, { type, status }: Pick<Job, 'type' | 'status'>, params: JsonValue) {
  const known = status === 'SUCCEEDED' ? jobTypes.find(type) : undefined;
  if (known === undefined) return [];
  const outputs = objectsNamedIn(known.params, params).filter(({ use }) => use === 'written');
  return outputs.map(({ path, uri }): JobOutput => ({ name: path.join('.'), uri }));
}

export type OutputWanted = Caller & { readonly jobId: string; readonly name: string };

type Deps = Pick<Core, 'table' | 'jobTypes' | 'settings'>;

/**
 * One output of a job that the caller may see. Undefined: it has none of that name, or the name leads out of what is its
 * owner's. @throws {JobError} `JOB_NOT_FOUND`, `TABLE_UNAVAILABLE`.
 */
export async function findOutput(core: Deps, { name, ...wanted }: OutputWanted): Promise<JobOutput | undefined> {
  const job = await getJob(core, wanted);
  const found = outputsOf(core, job, await paramsOf(core, job)).find((output) => output.name === name);
  if (found === undefined) return undefined;
  // Checked when it was handed in and written, too; here it is checked what its owner may read now.
  return refusalOf(core.settings.objectAccess, job.owner, 'read', found.uri) === undefined ? found : undefined;
}

async function paramsOf({ table }: Pick<Core, 'table'>, { params }: Pick<Job, 'params'>): Promise<JsonValue> {
  if (params.kind === 'inline') return params.value;
  const [value] = await table.readPayloads([params.key]);
  return value ?? null;
}
