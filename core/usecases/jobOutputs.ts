/** The files that a job wrote: its type says which of its params name outputs, and they are there once it has succeeded. */
import type { Job, JsonValue } from '../job.ts';
import { refusalOf } from '../objectAccess.ts';
import { objectsNamedIn } from '../objectUri.ts';
import type { Core } from './core.ts';
import { getJob, type Caller } from './readJob.ts';

export interface JobOutput {
  /** Of the param that names it; `parts.0` for one of a list. */
  readonly name: string;
  readonly uri: string;
}

/** None of a job that has not succeeded: what lies there then is not known to be its. `params`: as they were loaded. */
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
  // Asked when it was handed in and written, too; but what its owner may read has the last word.
  return refusalOf(core.settings.objectAccess, job.owner, 'read', found.uri) === undefined ? found : undefined;
}

async function paramsOf({ table }: Pick<Core, 'table'>, { params }: Pick<Job, 'params'>): Promise<JsonValue> {
  if (params.kind === 'inline') return params.value;
  const [value] = await table.readPayloads([params.key]);
  return value ?? null;
}
