/** What is wrong with settings that are each valid, but not together. */

export interface Together {
  readonly BACKOFF_BASE_MS: number;
  readonly BACKOFF_MAX_MS: number;
  readonly IDEMPOTENCY_TTL_SECONDS: number;
  readonly JOB_TTL_DAYS: number;
  readonly REDIS_CLUSTER: boolean;
  readonly REDIS_URL?: string | undefined;
}

/** One line each. */
export function faultsTogether(env: Together): readonly string[] {
  const rules: readonly (readonly [boolean, string])[] = [
    [env.BACKOFF_BASE_MS <= env.BACKOFF_MAX_MS, 'BACKOFF_BASE_MS: the first wait may not be longer than the longest, BACKOFF_MAX_MS'],
    [
      env.IDEMPOTENCY_TTL_SECONDS <= env.JOB_TTL_DAYS * 86_400,
      'IDEMPOTENCY_TTL_SECONDS: a key that is remembered longer than its job (JOB_TTL_DAYS) would let the work run twice',
    ],
    [!env.REDIS_CLUSTER || env.REDIS_URL !== undefined, 'REDIS_CLUSTER: needs REDIS_URL, a node of the cluster'],
  ];
  return rules.filter(([holds]) => !holds).map(([, fault]) => fault);
}
