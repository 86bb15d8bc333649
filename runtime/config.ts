/**
 * The settings: environment variables, validated once at start. The only reader of `process.env`.
 * docs/settings.md is generated from this table.
 */
import { z } from 'zod';
import { openTelemetryOf, openTelemetrySettings } from './openTelemetrySettings.ts';
import { limitSettings, limitsOf } from './limitSettings.ts';
import { endpoint, list, text, whole } from './settingKinds.ts';
import { faultsTogether, isSpreadOut } from './settingsTogether.ts';

const secretArn = z.stringFormat('ARN of a secret', /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+$/);

/** An empty variable counts as unset, except `DATA_DIR`, where empty means: keep everything in memory. */
const settings = z.object({
  NODE_ENV: z
    .enum(['development', 'test', 'production'])
    .default('development')
    .describe('`production` refuses to start without authentication.'),
  JOBS: text
    .optional()
    .describe(
      'Module whose default export lists the job types: a path from the working directory, or a package. Unset: those of this project.',
    ),
  HOST: text.default('127.0.0.1').describe('Address to listen on; `0.0.0.0` in containers.'),
  PORT: whole(0, 65_535).default(4000).describe('HTTP and WebSocket, path `/graphql`; 0 picks a free port.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Logs below this level are not written.'),
  TABLE: z
    .enum(['sqlite', 'dynamodb'])
    .optional()
    .describe(
      'Where jobs are kept and queued: in DATA_DIR (`sqlite`, `npm start` alone), or in DynamoDB and SQS. Unset = `sqlite` in `npm start`, unless an endpoint of theirs or REDIS_URL is set.',
    ),
  OBJECTS: z
    .enum(['folder', 's3'])
    .optional()
    .describe(
      'Where the buckets are: folders in `DATA_DIR/objects` (`npm start` alone), or in S3. Unset = `folder` in `npm start` with TABLE `sqlite`, unless AWS_ENDPOINT_URL_S3 is set.',
    ),
  DATA_DIR: z
    .string()
    .default('.data')
    .describe('Folder of the jobs and objects of `npm start`, and of `npm run local`; empty = in memory.'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe('The feed; unset = in process, allowed only in the all-in-one `npm start`.'),
  REDIS_PASSWORD_ARN: secretArn
    .optional()
    .describe('Secret in Secrets Manager that holds the password for REDIS_URL; read at start, and again when Redis refuses it.'),
  REDIS_CLUSTER: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .describe('`true` where REDIS_URL is a node of a cluster.'),
  CONFIG_SSM_PREFIX: text.optional().describe('Settings missing from the environment are read from Parameter Store, as `<prefix>/<NAME>`.'),
  AWS_REGION: text.default('us-east-1').describe('Region of table, queues and buckets.'),
  AWS_ENDPOINT_URL_DYNAMODB: endpoint.optional().describe('Unset = AWS.'),
  AWS_ENDPOINT_URL_SQS: endpoint.optional().describe('Unset = AWS.'),
  AWS_ENDPOINT_URL_S3: endpoint.optional().describe('Unset = AWS.'),
  AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint.optional().describe('Unset = AWS.'),
  JOBS_TABLE: text.default('Jobs').describe('Name of the table.'),
  QUEUE_PREFIX: text.default('jobs').describe('Queues are `<prefix>-high`, `-normal`, `-low` and `-dlq`.'),
  S3_BUCKETS: list.prefault('job-tickets').describe('Buckets that handlers may read and write, separated by commas.'),
  SHARED_INPUTS: list
    .optional()
    .pipe(z.array(z.string().regex(/^s3:\/\/[^/]+\/([^/]+\/)+$/, 'must look like s3://bucket/prefix/')).optional())
    .describe(
      'Prefixes that the jobs of every owner may read, and none may write, such as `s3://bucket/shared/`, separated by commas. Unset = `examples/` in the first of S3_BUCKETS, in production none.',
    ),
  MAX_SOURCE_BYTES: whole(1, 5 * 1024 ** 3)
    .default(100 * 1024 ** 2)
    .describe('A larger source file fails its job for good.'),
  ATTEMPTS_PER_RECEIVE: whole(1, 100).default(3).describe('Attempts before the message goes back to the queue.'),
  BACKOFF_BASE_MS: whole(0, 900_000).default(1000).describe('First wait between attempts; doubles each time, with jitter.'),
  BACKOFF_MAX_MS: whole(0, 900_000).default(30_000).describe('Longest wait between attempts.'),
  VISIBILITY_TIMEOUT_SECONDS: whole(1, 43_200)
    .default(30)
    .describe('Visibility timeout of a message and lease of a claim; renewed at half of it.'),
  MAX_RECEIVE_COUNT: whole(1, 1000).default(3).describe('Receives before SQS moves a message to the dead-letter queue.'),
  RECEIVE_WAIT_SECONDS: whole(0, 20)
    .default(20)
    .describe('How long a receive waits for a message; a worker that stops waits for its receives to end.'),
  VERSION: text.optional().describe('What a worker calls its version in the query `workers`, such as the tag of its image.'),
  WORKER_CONCURRENCY: whole(1, 10_000).default(32).describe('Jobs that one worker runs at a time.'),
  SHUTDOWN_GRACE_SECONDS: whole(0, 3600).default(25).describe('Time to finish running work after SIGTERM.'),
  STUCK_AFTER_SECONDS: whole(1, 86_400).default(300).describe('A job that nothing touched for so long may be retried by its owner.'),
  METRICS: z
    .enum(['emf'])
    .optional()
    .describe('`emf`: server and worker write ten metrics among their logs, once a minute, as CloudWatch reads them. Lambdas always do.'),
  METRICS_NAMESPACE: text.default('JobTickets').describe('Of those metrics in CloudWatch.'),
  METRICS_PORT: whole(0, 65_535)
    .optional()
    .describe('Worker and Lambda loops answer `/metrics` and `/healthz` there; unset = nowhere. The server does so at PORT.'),
  SWEEP_INTERVAL_SECONDS: whole(1, 3600).default(15).describe('How often the sweeper looks for jobs that no message names.'),
  SWEEP_AFTER_SECONDS: whole(1, 86_400).default(30).describe('A job that nothing moved for so long, with an empty queue, is sent again.'),
  SWEEP_READS_PER_MINUTE: whole(100, 10_000_000)
    .default(30_000)
    .describe('Open jobs that the sweeper looks at a minute; where there are more, a pass through them takes several.'),
  IDEMPOTENCY_TTL_SECONDS: whole(1, 31_536_000).default(86_400).describe('How long an idempotency key is remembered.'),
  JWKS_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Keys of the tokens’ issuer; the server then wants a token it signed. This, JWT_SECRET or JWT_SECRET_ARN.'),
  JWT_SECRET: z.string().min(32).optional().describe('Shared secret of HMAC-signed tokens, at least 32 characters.'),
  JWT_SECRET_ARN: secretArn
    .optional()
    .describe('Secret in Secrets Manager that holds what JWT_SECRET would; read at start, and again when a signature does not match.'),
  WATCH_TOKEN_SECRET: z
    .string()
    .min(32)
    .optional()
    .describe('Signs the tokens of `createWatchToken`, the same on all servers. Needed with JWKS_URL; default: derived from JWT_SECRET.'),
  JWT_ISSUER: text.optional().describe('If set, tokens must be of this issuer (`iss`).'),
  JWT_AUDIENCE: text.optional().describe('If set, tokens must be for this audience (`aud`).'),
  AUTH: z.literal('none').optional().describe('`none`: run open even in production, everybody being the owner `anonymous`.'),
  CORS_ORIGINS: list
    .optional()
    .transform((origins) => origins ?? [])
    .pipe(z.array(z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin)))
    .describe('Origins whose pages may call the API beside its own, separated by commas.'),
  GRAPHIQL: z
    .enum(['on', 'off'])
    .optional()
    .describe('GraphiQL, introspection and hints at what was nearly right in errors. Unset = `off` in production, else `on`.'),
  ALLOWED_HOSTS: list
    .optional()
    .transform((names) => names?.map((name) => name.toLowerCase()) ?? [])
    .describe(
      'Names under which an open server outside production may be called beside `localhost`, HOST and addresses, separated by commas.',
    ),
  TRACE_URL_TEMPLATE: z
    .string()
    .regex(/^https?:\/\/[^\s"<>]*\{traceId\}[^\s"<>]*$/, 'must be an address with {traceId} in it')
    .optional()
    .describe('Where the dashboard finds a job’s trace, such as `https://jaeger.example.com/trace/{traceId}`; unset = no link.'),
  ...limitSettings,
  JOB_TTL_DAYS: whole(1, 3650).default(30).describe('Jobs are deleted so long after their last change.'),
  ...openTelemetrySettings,
});

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings by the names the code uses, in the units their names say. */
export type Config = ReturnType<typeof parseConfig>;

/** A setting that is not valid; the entry prints the message and exits with 78 (EX_CONFIG of sysexits.h). */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** @throws {ConfigError} naming each variable that is not valid, one a line. */
export function parseConfig(environment: Environment) {
  const given = Object.fromEntries(Object.entries(environment).filter(([name, value]) => value !== '' || name === 'DATA_DIR'));
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  }
  const env = parsed.data;
  const faults = faultsTogether(env);
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  const table = env.TABLE ?? (isSpreadOut(env) ? 'dynamodb' : 'sqlite');
  const isKeyed = [env.JWKS_URL, env.JWT_SECRET, env.JWT_SECRET_ARN].some((key) => key !== undefined);
  return {
    /** The module with the job types; absent = those of the project. */
    jobs: env.JOBS,
    isProduction: env.NODE_ENV === 'production',
    host: env.HOST,
    port: env.PORT,
    logLevel: env.LOG_LEVEL,
    dataDir: env.DATA_DIR,
    /** What `npm start` keeps jobs in. */
    table,
    /** What `npm start` keeps objects in. */
    objects: env.OBJECTS ?? (table === 'sqlite' && env.AWS_ENDPOINT_URL_S3 === undefined ? ('folder' as const) : ('s3' as const)),
    /** True where the settings ask for what only `npm start` has. */
    asksForOneProcess: env.TABLE === 'sqlite' || env.OBJECTS === 'folder',
    redisUrl: env.REDIS_URL,
    redisIsCluster: env.REDIS_CLUSTER,
    redisPasswordArn: env.REDIS_PASSWORD_ARN,
    region: env.AWS_REGION,
    endpoints: {
      dynamodb: env.AWS_ENDPOINT_URL_DYNAMODB,
      sqs: env.AWS_ENDPOINT_URL_SQS,
      s3: env.AWS_ENDPOINT_URL_S3,
      secretsManager: env.AWS_ENDPOINT_URL_SECRETS_MANAGER,
    },
    jobsTable: env.JOBS_TABLE,
    queuePrefix: env.QUEUE_PREFIX,
    s3Buckets: env.S3_BUCKETS,
    objectAccess: {
      // Workers hold no keys: in production tokens are asked for unless AUTH says otherwise, which it then says to workers too.
      areOwnersApart: isKeyed || (env.NODE_ENV === 'production' && env.AUTH !== 'none'),
      sharedInputs:
        env.SHARED_INPUTS ?? (env.NODE_ENV === 'production' ? [] : env.S3_BUCKETS.slice(0, 1).map((name) => `s3://${name}/examples/`)),
    },
    maxSourceBytes: env.MAX_SOURCE_BYTES,
    attemptsPerReceive: env.ATTEMPTS_PER_RECEIVE,
    backoffBaseMs: env.BACKOFF_BASE_MS,
    backoffMaxMs: env.BACKOFF_MAX_MS,
    visibilityTimeoutSeconds: env.VISIBILITY_TIMEOUT_SECONDS,
    maxReceiveCount: env.MAX_RECEIVE_COUNT,
    receiveWaitSeconds: env.RECEIVE_WAIT_SECONDS,
    version: env.VERSION,
    workerConcurrency: env.WORKER_CONCURRENCY,
    shutdownGraceSeconds: env.SHUTDOWN_GRACE_SECONDS,
    stuckAfterSeconds: env.STUCK_AFTER_SECONDS,
    openTelemetry: openTelemetryOf(env),
    /** Server and worker write metrics among their logs. */
    embedsMetrics: env.METRICS === 'emf',
    metricsNamespace: env.METRICS_NAMESPACE,
    metricsPort: env.METRICS_PORT,
    sweepIntervalSeconds: env.SWEEP_INTERVAL_SECONDS,
    sweepAfterSeconds: env.SWEEP_AFTER_SECONDS,
    sweepReadsPerMinute: env.SWEEP_READS_PER_MINUTE,
    idempotencyTtlSeconds: env.IDEMPOTENCY_TTL_SECONDS,
    jobTtlDays: env.JOB_TTL_DAYS,
    auth: {
      jwksUrl: env.JWKS_URL,
      secret: env.JWT_SECRET,
      secretArn: env.JWT_SECRET_ARN,
      watchTokenSecret: env.WATCH_TOKEN_SECRET,
      issuer: env.JWT_ISSUER,
      audience: env.JWT_AUDIENCE,
      mode: env.AUTH,
    },
    /** Of `createWatches`. */
    watchReads: { silenceMs: env.VISIBILITY_TIMEOUT_SECONDS * 1000, maxReadsPerSecond: env.MAX_WATCH_READS_PER_SECOND },
    corsOrigins: env.CORS_ORIGINS,
    traceUrlTemplate: env.TRACE_URL_TEMPLATE,
    /** Not even hinted at what there is. */
    hidesSchema: env.GRAPHIQL === undefined ? env.NODE_ENV === 'production' : env.GRAPHIQL === 'off',
    allowedHosts: env.ALLOWED_HOSTS,
    limits: limitsOf(env, isKeyed),
  };
}

/** @throws {ConfigError} */
export function readConfig(): Config {
  return parseConfig(process.env);
}

/** For those who look elsewhere too before they parse it. */
export function readEnvironment(): Environment {
  return { ...process.env };
}

/** Name, default and meaning of each setting, for the docs. */
export function describeSettings(): readonly { readonly name: string; readonly byDefault: string; readonly meaning: string }[] {
  return Object.entries(settings.shape).map(([name, schema]) => ({
    name,
    byDefault: schema.safeParse(undefined).success ? spelt(schema.parse(undefined)) : 'unset',
    meaning: schema.description ?? '',
  }));
}

/** Defaults are words, numbers, yes or no, and lists of words. */
function spelt(value: unknown): string {
  if (value === undefined) return 'unset';
  return typeof value === 'string' ? value : Array.isArray(value) ? value.join(',') : JSON.stringify(value);
}
