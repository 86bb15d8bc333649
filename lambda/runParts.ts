/** Runs the independent parts of a Lambda: one that fails does not keep the others from running. */
import type { Log } from '../telemetry/log.ts';

/**
 * They run side by side. Each failure is logged with the part's name. @throws the first failure, after all parts have ended, so
 * that the run counts as failed.
 */
export async function runParts(log: Pick<Log, 'warn'>, parts: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  const entries = Object.entries(parts);
  const results = await Promise.allSettled(entries.map(([, run]) => Promise.try(run)));
  const failed = results.flatMap((result, index) => {
    if (result.status === 'fulfilled') return [];
    log.warn({ error: result.reason, part: entries[index]?.[0] }, 'a part of a scheduled run failed; the next run tries again');
    return [result];
  });
  const [first] = failed;
  if (first !== undefined) throw first.reason;
}
