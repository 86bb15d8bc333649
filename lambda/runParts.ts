/** Runs the parts of a Lambda, each of which stands for itself: one that fails keeps no other from its work. */
import type { Log } from '../telemetry/log.ts';

/**
 * None waits for another. What fails is logged, each by its name. @throws what the first of them threw, after all have ended,
 * so that the run counts as failed.
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
