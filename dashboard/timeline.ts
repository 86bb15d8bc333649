/** A job's history as periods in a state, for the bar above its timeline. */
import { isFinal, type JobStatus } from '../client/job.ts';
import type { ListedJob } from './documents.ts';

export interface Stretch {
  readonly version: number;
  readonly status: JobStatus;
  readonly ms: number;
  /** The share of the whole, 0 to 1; never too small to be seen. */
  readonly share: number;
}

const leastShare = 0.02;

/** Waiting and working, in order; a final state has no period, unless a retry left it. */
export function stretchesOf({ history }: Pick<ListedJob, 'history'>, now: number): readonly Stretch[] {
  const spans = history.flatMap(({ version, status, at }, index) => {
    const next = history[index + 1];
    if (isFinal(status)) return [];
    const end = next === undefined ? now : Date.parse(next.at);
    return [{ version, status, ms: Math.max(0, end - Date.parse(at)) }];
  });
  const total = spans.reduce((sum, { ms }) => sum + ms, 0);
  const raw = spans.map((span) => ({ ...span, share: Math.max(leastShare, total === 0 ? 1 : span.ms / total) }));
  const sum = raw.reduce((all, { share }) => all + share, 0);
  return raw.map((span) => ({ ...span, share: span.share / sum }));
}
