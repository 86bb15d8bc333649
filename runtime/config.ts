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
      'Where jobs are kept and queued: in DATA_DIR (`sqlite`, only in `npm start`), or in DynamoDB and SQS. Unset = `sqlite` in `npm start`, unless an endpoint of DynamoDB or SQS or REDIS_URL is set.',
    ),
  OBJECTS: z
    .enum(['folder', 's3'])
    .optional()
    .describe(
      'Where the buckets are: folders in `DATA_DIR/objects` (only in `npm start`), or in S3. Unset = `folder` in `npm start` with TABLE `sqlite`, unless AWS_ENDPOINT_URL_S3 is set.',
    ),
  DATA_DIR: z
    .string()
    .default('.data')
    .describe('Folder of the jobs and objects of `npm start`, and of `npm run local`; empty = in memory.'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe('The feed; unset = in process, allowed only in the embedded mode (`npm start`).'),
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
  STUCK_AFTER_SECONDS: whole(1, 86_400).default(300).describe('A job that nothing has written to for so long may be retried by its owner.'),
  METRICS: z
    .enum(['emf'])
    .optional()
    .describe('`emf`: server and worker write ten metrics among their logs, once a minute, as CloudWatch reads them. Lambdas always do.'),
  METRICS_NAMESPACE: text.default('JobTickets').describe('Namespace of those metrics in CloudWatch.'),
  METRICS_PORT: whole(0, 65_535)
    .optional()
    .describe('Worker and Lambda loops answer `/metrics` and `/healthz` on this port; unset = nowhere. The server does so at PORT.'),
  SWEEP_INTERVAL_SECONDS: whole(1, 3600).default(15).describe('How often the sweeper looks for jobs that no message names.'),
  SWEEP_AFTER_SECONDS: whole(1, 86_400)
    .default(30)
    .describe('A job that has not changed for so long, while its queue is empty, is sent again.'),
  SWEEP_READS_PER_MINUTE: whole(100, 10_000_000)
    .default(30_000)
    .describe('Open jobs that the sweeper looks at in a minute; where there are more, a pass through them takes several minutes.'),
  IDEMPOTENCY_TTL_SECONDS: whole(1, 31_536_000).default(86_400).describe('How long an idempotency key is remembered.'),
  JWKS_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'Keys of the tokens’ issuer; the server then requires a token that the issuer signed. One of this, JWT_SECRET and JWT_SECRET_ARN.',
    ),
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
  AUTH: z.literal('none').optional().describe('`none`: no authentication, even in production; everybody is the owner `anonymous`.'),
  CORS_ORIGINS: list
    .optional()
    .transform((origins) => origins ?? [])
    .pipe(z.array(z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin)))
    .describe('Origins, beside the server’s own, whose pages may call the API, separated by commas.'),
  GRAPHIQL: z
    .enum(['on', 'off'])
    .optional()
    .describe('GraphiQL, introspection, and suggestions of similar names in errors. Unset = `off` in production, else `on`.'),
  ALLOWED_HOSTS: list
    .optional()
    .transform((names) => names?.map((name) => name.toLowerCase()) ?? [])
    .describe(
      'Host names under which an open server outside production may be called, beside `localhost`, HOST and addresses, separated by commas.',
    ),
  WEBHOOK_PRIVATE_HOSTS: list
    .optional()
    .transform((names) => names?.map((name) => name.toLowerCase()) ?? [])
    .describe(
      'Hosts that webhooks may call although their addresses are private, and also by plain http, each with or without a port, separated by commas. Unset = none: only https and public addresses.',
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

/** The settings by the names that the code uses, in the units that their names say. */
export type Config = ReturnType<typeof parseConfig>;

/** A setting that is not valid; the entry prints the message and exits with 78 (EX_CONFIG of sysexits.h). */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** @throws {ConfigError} naming each variable that is not valid, one per line. */
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
    /** The module with the job types; absent = those of this project. */
    jobs: env.JOBS,
    isProduction: env.NODE_ENV === 'production',
    host: env.HOST,
    port: env.PORT,
    logLevel: env.LOG_LEVEL,
    dataDir: env.DATA_DIR,
    /** Where `npm start` keeps jobs. */
    table,
    /** Where `npm start` keeps objects. */
    objects: env.OBJECTS ?? (table === 'sqlite' && env.AWS_ENDPOINT_URL_S3 === undefined ? ('folder' as const) : ('s3' as const)),
    /** True where the settings need something that only `npm start` has. */
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
      // Workers have no keys: in production tokens are required unless AUTH says otherwise; set AUTH for workers too.
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
    /** For `createWatches`. */
    watchReads: { silenceMs: env.VISIBILITY_TIMEOUT_SECONDS * 1000, maxReadsPerSecond: env.MAX_WATCH_READS_PER_SECOND },
    corsOrigins: env.CORS_ORIGINS,
    traceUrlTemplate: env.TRACE_URL_TEMPLATE,
    /** Not even suggested in error messages. */
    hidesSchema: env.GRAPHIQL === undefined ? env.NODE_ENV === 'production' : env.GRAPHIQL === 'off',
    allowedHosts: env.ALLOWED_HOSTS,
    webhookPrivateHosts: env.WEBHOOK_PRIVATE_HOSTS,
    limits: limitsOf(env, isKeyed),
  };
}

/** @throws {ConfigError} */
export function readConfig(): Config {
  return parseConfig(process.env);
}

/** For code that also looks elsewhere before it parses the value. */
export function readEnvironment(): Environment {
  return { ...process.env };
}

export interface SettingDescription {
  readonly name: string;
  readonly byDefault: string;
  /** `1 to 100`, or the possible words; empty for a text. */
  readonly mayBe: string;
  readonly meaning: string;
}

/** Each setting as the docs show it. */
export function describeSettings(): readonly SettingDescription[] {
  return Object.entries(settings.shape).map(([name, schema]) => ({
    name,
    byDefault: schema.safeParse(undefined).success ? spelt(schema.parse(undefined)) : 'unset',
    mayBe: choiceOf(schema),
    meaning: schema.description ?? '',
  }));
}

const choice = z.looseObject({ minimum: z.number().optional(), maximum: z.number().optional(), enum: z.array(z.string()).optional() });

function choiceOf(schema: z.ZodType): string {
  const words = choice.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })).enum;
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ');
  const { minimum, maximum } = choice.parse(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }));
  if (minimum === undefined || maximum === undefined) return '';
  return maximum === Number.MAX_SAFE_INTEGER ? `${minimum} or more` : `${minimum} to ${maximum.toLocaleString('en-US')}`;
}

/** A default is a word, a number, yes or no, or a list of words. */
function spelt(value: unknown): string {
  if (value === undefined) return 'unset';
  return typeof value === 'string' ? value : Array.isArray(value) ? value.join(',') : JSON.stringify(value);
}
