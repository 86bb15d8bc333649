/** Completes the params of a job with values from the results of others, when those have ended. */
import type { Job, JsonValue, Payload } from '../job.ts';
import type { Changes } from '../table/jobTable.ts';
import { valueAt, withValueAt } from '../workflow/jsonPath.ts';
import type { Plan } from '../workflow/plan.ts';
import type { Core } from './core.ts';
import type { Records } from './jobRecords.ts';

/**
 * Nothing for most jobs. Begins with what was handed in, so that every process gets the same result. A value that is not there
 * is left out: whether params fit then is seen when the handler is to run. @throws {JobError} `TABLE_UNAVAILABLE`.
 */
export async function paramsWithResults(
  { table }: Pick<Core, 'table'>,
  { jobId, workflow, createdAt, runAt = createdAt }: Job,
  plan: Plan,
  records: Records,
): Promise<Pick<Changes, 'params' | 'hasLateKeys'>> {
  const planned = plan.jobs[plan.numberOfName(workflow?.name ?? '') ?? -1];
  const { paramsFrom = [], params, hasLateKeys } = planned ?? {};
  if (params === undefined || paramsFrom.length === 0) return {};
  const sources = [...new Set(paramsFrom.map(({ job }) => plan.jobIds[job] ?? ''))];
  const missing = sources.filter((source) => records.get(source) === undefined);
  if (missing.length > 0) await Promise.all(missing.map((source) => records.read([source])));
  const results = new Map<string, JsonValue | undefined>();
  for (const source of sources) {
    const result = records.get(source)?.result;
    results.set(source, result === undefined ? undefined : await valueOf(table, result));
  }
  let value: JsonValue = (await valueOf(table, params)) ?? {};
  for (const { path, job, resultPath } of paramsFrom) {
    const found = valueAt(results.get(plan.jobIds[job] ?? ''), resultPath);
    if (found !== undefined) value = withValueAt(value, path, found);
  }
  const now = Math.max((await table.time()).at, runAt);
  return { params: await table.keepPayload({ jobId, kind: 'params', value, now }), hasLateKeys };
}

async function valueOf(table: Pick<Core['table'], 'readPayloads'>, payload: Payload): Promise<JsonValue | undefined> {
  return payload.kind === 'inline' ? payload.value : (await table.readPayloads([payload.key]))[0];
}
