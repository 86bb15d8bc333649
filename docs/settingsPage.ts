/** docs/settings.md: the settings in groups, with what they may be and who reads them. */
import { describeSettings, type SettingDescription } from '../runtime/config.ts';
import { document, table } from './markdown.ts';

interface Group {
  readonly title: string;
  /** Which processes read them. */
  readonly readBy: string;
  readonly names: readonly RegExp[];
}

/** A setting belongs to the first that names it. */
const groups: readonly Group[] = [
  {
    title: 'What runs, and where it listens',
    readBy: 'All parts.',
    names: [/^(NODE_ENV|JOBS|HOST|PORT|LOG_LEVEL|VERSION|SHUTDOWN_GRACE_SECONDS)$/],
  },
  { title: 'One machine', readBy: '`npm start`; DATA_DIR also `npm run local`.', names: [/^(TABLE|OBJECTS|DATA_DIR)$/] },
  { title: 'Who calls', readBy: 'Servers. Workers take AUTH, and whether there are keys.', names: [/^(JWKS|JWT|AUTH|WATCH_TOKEN)/] },
  { title: 'Pages in browsers', readBy: 'Servers.', names: [/^(CORS_ORIGINS|ALLOWED_HOSTS|GRAPHIQL)$/] },
  {
    title: 'What a client may take',
    readBy: 'Servers.',
    names: [/^(RATE_LIMIT|MAX_(CONNECTIONS|SOCKETS|WATCH_READS|OPERATION|REQUEST|RESPONSE))/, /^(HEADERS|REQUEST|SOCKET)_/],
  },
  { title: 'Jobs', readBy: 'Servers, workers and Lambdas.', names: [/^(IDEMPOTENCY_TTL_SECONDS|JOB_TTL_DAYS|STUCK_AFTER_SECONDS)$/] },
  {
    title: 'Attempts and workers',
    readBy: 'Workers; servers take the number of attempts from them.',
    names: [/^(ATTEMPTS_PER_RECEIVE|BACKOFF_|VISIBILITY_TIMEOUT|MAX_RECEIVE_COUNT|RECEIVE_WAIT|WORKER_CONCURRENCY)/],
  },
  { title: 'The sweeper', readBy: 'The sweeper: a Lambda, or a loop in `npm start` and `npm run lambdas`.', names: [/^SWEEP_/] },
  { title: 'Files', readBy: 'Workers; servers check the names.', names: [/^(S3_BUCKETS|SHARED_INPUTS|MAX_SOURCE_BYTES)$/] },
  { title: 'Webhooks', readBy: 'Servers and workers.', names: [/^WEBHOOK/] },
  { title: 'Redis', readBy: 'Servers, workers and Lambdas.', names: [/^REDIS_/] },
  { title: 'AWS', readBy: 'All parts but `npm start` on its own engine.', names: [/^(AWS_|JOBS_TABLE|QUEUE_PREFIX|CONFIG_SSM_PREFIX)/] },
  { title: 'Metrics and traces', readBy: 'All parts.', names: [/^(METRICS|OTEL_|TRACE)/] },
];

export function settingsPage(): string {
  const settings = describeSettings();
  const groupOf = ({ name }: SettingDescription): Group | undefined =>
    groups.find(({ names }) => names.some((pattern) => pattern.test(name)));
  const homeless = settings.filter((setting) => groupOf(setting) === undefined).map(({ name }) => name);
  if (homeless.length > 0) throw new Error(`docs/settingsPage.ts has no group for ${homeless.join(', ')}`);
  const sections = groups.flatMap((group) => {
    const rows = settings.filter((setting) => groupOf(setting) === group).map((setting) => rowOf(setting));
    return rows.length === 0
      ? []
      : [`## ${group.title}`, '', `Read by: ${group.readBy}`, '', table(['name', 'default', 'may be', 'meaning'], rows)];
  });
  return document(
    'Settings',
    'Generated from `runtime/config.ts`. Environment variables, checked at start: a bad one is named in one line, with exit code 78. An empty one counts as unset, except DATA_DIR.',
    sections,
  );
}

function rowOf({ name, byDefault, mayBe, meaning }: SettingDescription): readonly string[] {
  return [`\`${name}\``, byDefault === '' || byDefault === 'unset' ? 'unset' : `\`${byDefault}\``, mayBe, meaning];
}
