/** Conflicts between settings that are each valid alone. */

export interface Together {
  readonly BACKOFF_BASE_MS: number;
  readonly BACKOFF_MAX_MS: number;
  readonly IDEMPOTENCY_TTL_SECONDS: number;
  readonly JOB_TTL_DAYS: number;
  readonly REDIS_CLUSTER: boolean;
  readonly REDIS_URL?: string | undefined;
  readonly S3_BUCKETS: readonly string[];
  readonly SHARED_INPUTS?: readonly string[] | undefined;
  readonly REDIS_PASSWORD_ARN?: string | undefined;
  readonly TABLE?: string | undefined;
  readonly AWS_ENDPOINT_URL_DYNAMODB?: string | undefined;
  readonly AWS_ENDPOINT_URL_SQS?: string | undefined;
}

/** Whether the settings name parts that only several processes, or emulators of AWS, have. */
export function isSpreadOut(env: Pick<Together, 'REDIS_URL' | 'AWS_ENDPOINT_URL_DYNAMODB' | 'AWS_ENDPOINT_URL_SQS'>): boolean {
  return [env.REDIS_URL, env.AWS_ENDPOINT_URL_DYNAMODB, env.AWS_ENDPOINT_URL_SQS].some((value) => value !== undefined);
}

/** One line per conflict. */
export function faultsTogether(env: Together): readonly string[] {
  const rules: readonly (readonly [boolean, string])[] = [
    [env.BACKOFF_BASE_MS <= env.BACKOFF_MAX_MS, 'BACKOFF_BASE_MS: the first wait may not be longer than the longest, BACKOFF_MAX_MS'],
    [
      env.IDEMPOTENCY_TTL_SECONDS <= env.JOB_TTL_DAYS * 86_400,
      'IDEMPOTENCY_TTL_SECONDS: a key that is remembered longer than its job (JOB_TTL_DAYS) would allow the work to run twice',
    ],
    [
      env.TABLE !== 'sqlite' || !isSpreadOut(env),
      'TABLE: sqlite cannot be combined with REDIS_URL, AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL_SQS: set dynamodb, or unset those',
    ],
    [
      (env.SHARED_INPUTS ?? []).every((prefix) => env.S3_BUCKETS.some((bucket) => prefix.startsWith(`s3://${bucket}/`))),
      'SHARED_INPUTS: a prefix is in none of S3_BUCKETS',
    ],
    [!env.REDIS_CLUSTER || env.REDIS_URL !== undefined, 'REDIS_CLUSTER: needs REDIS_URL, a node of the cluster'],
    [
      env.REDIS_PASSWORD_ARN === undefined || env.REDIS_URL !== undefined,
      'REDIS_PASSWORD_ARN: needs REDIS_URL, to which the password belongs',
    ],
    [
      env.REDIS_PASSWORD_ARN === undefined || env.REDIS_URL === undefined || new URL(env.REDIS_URL).password === '',
      'REDIS_PASSWORD_ARN: REDIS_URL contains a password already; remove it there',
    ],
  ];
  return rules.filter(([holds]) => !holds).map(([, fault]) => fault);
}
