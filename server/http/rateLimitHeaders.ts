/** What is left of a caller's budgets, in the fields of the IETF draft "RateLimit header fields for HTTP" (version 10). */
import type { ServerResponse } from 'node:http';
import type { Budget, Rate, Taken } from '../../core/limits/rateLimiter.ts';

/**
 * One member for each budget that the request used: `q` is a full bucket, `w` the seconds in which an empty one fills up again,
 * `r` what is left, `t` the seconds until it is full again.
 */
export function setRateLimitHeaders(response: ServerResponse, { perSecond, burst }: Rate, spent: ReadonlyMap<Budget, Taken>): void {
  if (spent.size === 0) return;
  const secondsFor = (tokens: number): number => Math.ceil(tokens / perSecond);
  const policies = [...spent.keys()].map((budget) => `"${budget}";q=${burst};w=${secondsFor(burst)}`);
  const limits = Array.from(spent, ([budget, { left }]) => `"${budget}";r=${left};t=${secondsFor(burst - left)}`);
  response.setHeader('ratelimit-policy', policies.join(', '));
  response.setHeader('ratelimit', limits.join(', '));
}
