/** The jobs that wait for a limit's key: found by the index, confirmed by the records, oldest first. */
import type { Job } from '../job.ts';
import { under, waitRank } from '../place.ts';
import type { WaitReason } from '../waiting.ts';
import type { Core } from './core.ts';
import { readEach } from './readEach.ts';

const pageSize = 20;

/** Up to `count`. The index may show some that no longer wait, and not yet show others. @throws {JobError} `TABLE_UNAVAILABLE`. */
export async function oldestWaiting(
  core: Pick<Core, 'table' | 'log'>,
  reason: WaitReason,
  key: string,
  count: number,
): Promise<readonly Job[]> {
  const found: Job[] = [];
  let after: string | undefined;
  do {
    const limit = Math.max(1, Math.min(pageSize, count - found.length));
    const { jobs: rows, next } = await core.table.listPlaced({ place: 'limit', spread: key, ...under(waitRank(key)), after, limit });
    const { jobs } = await readEach(core, rows);
    found.push(...jobs.filter(({ waiting }) => waiting?.reason === reason && waiting.for === key));
    after = next;
  } while (after !== undefined && found.length < count);
  return found.slice(0, count);
}
