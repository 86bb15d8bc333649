/** Where a watch goes on that broke off. */
import type { ApiContext } from './context.ts';

/** The later of what the arguments and the header `Last-Event-ID` say. */
export function resumeAfter(id: string, after: number | null | undefined, lastEventId: ApiContext['lastEventId']): number | undefined {
  const seen = lastEventId !== undefined && (lastEventId.jobId ?? id) === id ? lastEventId.version : undefined;
  if (after === null || after === undefined) return seen;
  return after < 0 ? after : Math.max(after, seen ?? 0);
}
