/** Where an interrupted watch continues. */
import type { ApiContext } from './context.ts';

/** The later of the argument and the header `Last-Event-ID`. */
export function resumeAfter(id: string, after: number | null | undefined, lastEventId: ApiContext['lastEventId']): number | undefined {
  const seen = lastEventId !== undefined && (lastEventId.jobId ?? id) === id ? lastEventId.version : undefined;
  if (after === null || after === undefined) return seen;
  return after < 0 ? after : Math.max(after, seen ?? 0);
}
