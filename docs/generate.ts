/** Writes the reference pages from the tables they describe (`npm run docs`); CI checks that they are up to date. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printType } from 'graphql';
import { jobTypesFile } from '../cli/jobTypesFile.ts';
import { finalStatuses } from '../core/job.ts';
import { headSlots, slotBytes } from '../core/logBuffer.ts';
import { guards } from '../core/guards.ts';
import { decisions, type DecisionName } from '../core/decisions.ts';
import { touches, transitions } from '../core/transitions.ts';
import { waitReasons, waits } from '../core/waiting.ts';
import { plannedPage } from '../infra/plan/plannedPage.ts';
import { readUnitCosts } from '../infra/plan/unitCosts.ts';
import { maxConcurrency } from '../core/typeLimits.ts';
import jobs from '../jobs/index.ts';
import { schema } from '../schema/index.ts';
import { embeddedMetrics } from '../telemetry/embeddedMetrics.ts';
import { counters, gauges, histograms, type Instrument } from '../telemetry/instruments.ts';
import { errorsPage } from './errorsPage.ts';
import { document, table } from './markdown.ts';
import { settingsPage } from './settingsPage.ts';
import { handlerWaits } from './handlerWaits.ts';

const builtIn = new Set(['String', 'Int', 'Float', 'Boolean', 'ID']);
const instruments = { ...counters, ...histograms, ...gauges };
const roots = ['Query', 'Mutation', 'Subscription'];

const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  'states.md': statesPage,
  'errors.md': errorsPage,
  'settings.md': settingsPage,
  'metrics.md': metricsPage,
  'job-types.md': jobTypesPage,
  'api.md': apiPage,
  // Written by authors, except for what `npm run plan` prints.
  'scale.md': async () => plannedPage(await readFile(join(import.meta.dirname, 'scale.md'), 'utf8'), await readUnitCosts()),
  // What the example of the typed client imports.
  'examples/jobTypes.d.ts': () => jobTypesFile(jobs),
};

const isCheck = process.argv.includes('--check');
const stale: string[] = [];
for (const [name, page] of Object.entries(pages)) {
  const path = join(import.meta.dirname, name);
  const text = await page();
  if (!isCheck) await writeFile(path, text);
  else if ((await readFile(path, 'utf8').catch(() => '')) !== text) stale.push(name);
}
if (stale.length > 0) {
  process.stderr.write(`docs: ${stale.join(', ')} out of date; run \`npm run docs\`\n`);
  process.exitCode = 1;
}

function statesPage(): string {
  const arrows = transitions.flatMap(({ event, from, to }) => from.map((status) => `    ${status} --> ${to}: ${event}`));
  const rows = transitions.map((row) => [
    row.event,
    row.from.join(', '),
    row.to,
    meaningOf(row.guards, 'decided' in row ? row.decided : []),
    row.by,
  ]);
  const waitRows = waitReasons.map((reason) => [reason, waits[reason].meaning, waits[reason].place]);
  const touched = touches.map((row) => [row.touch, row.from.join(', '), meaningOf(row.guards), row.by]);
  return document(
    'States of a job',
    'Generated from `core/transitions.ts`, the table that the writes to DynamoDB are made from. What is not here cannot happen.',
    [
      '```mermaid',
      'stateDiagram-v2',
      '    [*] --> PENDING: create',
      ...arrows,
      ...finalStatuses.map((status) => `    ${status} --> [*]`),
      '```',
      '',
      'Every transition is also conditional on the version its writer knows, adds one to it, appends an entry to the history, and is told to the feed. What stands in [brackets] was read with that version (`core/verdict.ts`), which covers it.',
      '',
      table(['event', 'from', 'to', 'only if', 'by'], rows),
      '## Writes that change no status',
      '',
      table(['write', 'in', 'only if', 'by'], touched),
      '## Why a PENDING job waits on purpose',
      '',
      'Its `waitingReason`, from `core/waiting.ts`. It holds no slot and no lease meanwhile, and no message names it. The [place](architecture.md#jobs-that-wait-on-purpose) is where it stands in the index.',
      '',
      table(['reason', 'meaning', 'place'], waitRows),
      'A workflow has [states of its own](workflows.md#how-it-ends-and-how-it-goes-on).',
    ],
  );
}

function meaningOf(checked: readonly (keyof typeof guards)[], decided: readonly DecisionName[] = []): string {
  const conditions = [...checked.map((name) => guards[name].meaning), ...decided.map((name) => `[${decisions[name].meaning}]`)];
  return conditions.join('; ') || '–';
}

function metricsPage(): string {
  const row = ({ name, unit, description, countedBy }: Instrument) => [
    `\`${name}\``,
    unit.replaceAll(/[{}]/g, ''),
    description,
    countedBy.join(', '),
  ];
  const columns = ['name', 'unit', 'meaning', 'counted by'];
  const embedded = embeddedMetrics.map((metric) => [
    `\`${metric.name}\``,
    metric.unit,
    `\`${instruments[metric.of].name}\`${'where' in metric ? ` where action is ${metric.where.action}` : ''}`,
    'by' in metric ? `${metric.by.attribute}: ${metric.by.values.join(', ')}` : '',
  ]);
  return document(
    'Metrics',
    'Generated from `telemetry/instruments.ts` and `telemetry/embeddedMetrics.ts`. A test derives from the code who counts what.',
    [
      'Prometheus spells a dot as `_`; counters end in `_total`. Servers and workers are scraped; on AWS dlqHandler, streamRelay and sweeper are Lambdas, which are not.',
      '',
      '## Counters',
      '',
      table(columns, Object.values(counters).map(row)),
      '## Histograms',
      '',
      table(columns, Object.values(histograms).map(row)),
      '## Gauges',
      '',
      table(columns, Object.values(gauges).map(row)),
      '## In CloudWatch',
      '',
      "Ten metrics in METRICS_NAMESPACE, which the Lambdas write among their logs, and with METRICS=emf server and worker too: as many as CloudWatch's free tier has.",
      '',
      table(['name', 'unit', 'made of', 'told apart by'], embedded),
    ],
  );
}

function jobTypesPage(): string {
  const sections = jobs.flatMap(({ type: { name, description, policy, example } }) => [
    `## ${name}`,
    '',
    description,
    '',
    `An attempt may take ${policy.timeoutSeconds} s.`,
    '',
    '```json',
    JSON.stringify(example, undefined, 2),
    '```',
    '',
  ]);
  return document(
    'Job types',
    'Generated from the types in `jobs/`. The query `jobTypes` answers the same, with the JSON Schemas of params and results. How odd files are read: [files](files.md).',
    [...sections, ...limitsSection(), ...handlerWaits(), ...handlerLogs()],
  );
}

function limitsSection(): readonly string[] {
  return [
    '## Limits in a type’s policy',
    '',
    'A type may say how many of its jobs run at once and how often attempts at them begin, all together or by a key:',
    '',
    '<!-- not run: a part of a type; test/e2e/limits.test.ts runs types that have such policies -->',
    '```ts',
    'policy: {',
    '  timeoutSeconds: 60,',
    '  concurrency: { perKey: 3, total: 50, key: ({ customer }) => customer },',
    '  rate: { starts: 20, seconds: 2, burst: 5, key: ({ customer }) => customer },',
    '},',
    '```',
    '',
    '- `key` is called once, when a job is created, with its params and its owner. The record keeps what it gives, so a change of `key` is for new jobs. Without it all jobs count together. `key: (_params, owner) => owner` limits each owner. It must be quick, and must not throw.',
    `- \`perKey\` and \`total\` are 1 to ${maxConcurrency}. A running job keeps its slot through the retries of a receive. A job that gets none waits (\`CONCURRENCY\`), in the order of creation, and uses up nothing.`,
    '- In no window of `seconds` more attempts begin than `starts` and `burst` together (`burst`: a tenth of `starts`, at least 1); of `starts`, 98 % are used while work waits. Retries count. A job that may not start yet waits (`RATE_LIMIT`; `waitingUntil` is an estimate).',
    '- `updateJobTypeLimits` sets both while the system runs, see [operations](operations.md#limits).',
    '',
  ];
}

function handlerLogs(): readonly string[] {
  return [
    '## What a handler logs',
    '',
    '`log.info(text, fields)`, `log.warn` and `log.error` of a handler’s context go to the worker’s own log and to the job: `Job.logs`,',
    '`Job.attemptRuns { logs }`, and live with `subscription { jobLogAdded(jobId, afterSequence) }`, each line once and in order. After an interruption',
    'give the last `sequence` that you saw. Everybody who may see the job reads its lines, so log no secrets. `fields` are JSON.',
    '',
    '- Lines are written at most 2 s after they were logged, sooner when there are 16 KB, and always before the attempt’s end is told. A worker that',
    '  is killed loses at most those 2 s. One that lost its claim writes no more lines.',
    `- Of an attempt the first ${(headSlots * slotBytes) / 1024} KB are kept, and the last 16 to 32 KB; \`skipped\` of a line says how many before it are not. A text is cut at 4,000`,
    '  characters. Fields that are no JSON, or more than 4 KB, become `{"omitted": …}`. The worker’s log has all lines.',
    '- An attempt that logs nothing and does not fail costs nothing: `attemptRuns` tells it from the record. Of one that fails, worker and stack are',
    '  kept; only those see them who may operate the system (scope `admin`).',
    '- Lines are kept for JOB_TTL_DAYS and seven days. Of a job that is open for longer, the first attempts’ lines are deleted first.',
    '',
  ];
}

function apiPage(): string {
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__') && !builtIn.has(name));
  const byKind = types.toSorted((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
  return document(
    'The API',
    'Generated from the schema (`schema/schema.graphql`). How clients of each kind call it, and what makes them outlive a restart: [clients.md](clients.md).',
    byKind.flatMap((type) => [`## ${type.name}`, '', '```graphql', printType(type), '```', '']),
  );
}

function rank(name: string): number {
  const index = roots.indexOf(name);
  return index === -1 ? roots.length : index;
}
