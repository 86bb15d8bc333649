/** The import rules between folders, as data, and the check of one file against them. docs/architecture.md draws the same. */
import { posix } from 'node:path';

interface Zone {
  readonly files: RegExp;
  /** Files of the project that files of this zone may import. */
  readonly mayImport: readonly RegExp[];
  /** Packages and Node modules they may import; absent = those that `packageRules` leave free. */
  readonly packages?: readonly string[];
}

const anything = /./;
/** What a job is. */
const base =
  /^core\/(job|guards|decisions|derivedJobId|jsonSize|plainJson|signals|suspended|place|waiting|typeLimits|slots|startRate|shownWait|transitions|verdict|jobType|jobList|handler|objects|objectAccess|objectUri|ownerFolder|backoff|batches|fewATurn|retryLeftovers|errors|failures|json|text|clock|logLine|logBuffer|attemptRuns|webhook|webhookSignature|webhookUrl)\.ts$/;
const redis = /^core\/redis\.ts$/;
const core = /^core\//;
const telemetry = /^telemetry\//;
const runtime = /^runtime\//;
const [table, queue, feed, limits] = [/^core\/table\//, /^core\/queue\//, /^core\/feed\//, /^core\/limits\//];
/** A contract with its message or event; the engines are in folders beside it. */
const contracts = [/^core\/table\/\w+\.ts$/, /^core\/queue\/\w+\.ts$/, /^core\/feed\/\w+\.ts$/];
/** What a schedule is, and what to do about it. */
const schedule = /^core\/schedule\//;
/** What a workflow is, and the decision about a waiting job. */
const workflow = /^core\/workflow\//;
const usecases = /^core\/usecases\//;
/** Types and their list; what a handler needs is loaded by workers alone. */
const jobTypes = /^jobs\/(index|\w+\/type)\.ts$/;

/** An entry starts when it is imported, so only the command may import one. */
const entry = /(^|\/)(main|\w+Main|start)\.ts$/;

/** Tests, and what only tests use. */
const tests = /(^(test|bench)\/)|(\.test\.ts$)|((^|\/)test[A-Z]\w*\.ts$)|(^[\w.]+\.config\.ts$)/;

/** The first zone that a file belongs to counts. Siblings never import each other. */
const zones: readonly Zone[] = [
  { files: tests, mayImport: [anything] },
  { files: /^start\.ts$/, mayImport: [anything] },
  // What the package exports, and the command that starts its programs.
  { files: /^index\.ts$/, mayImport: [base, /^telemetry\/log\.ts$/], packages: [] },
  // The part of the package for tests of handlers.
  { files: /^testing\//, mayImport: [core, /^worker\/suspension\.ts$/, /^testing\//], packages: ['zod', 'node:crypto'] },
  { files: /^cli\/main\.ts$/, mayImport: [/^cli\//, entry] },
  { files: /^cli\//, mayImport: [core, runtime, jobTypes, /^cli\//] },
  {
    files: /^docs\/\w+\.ts$/,
    mayImport: [/^docs\/\w+\.ts$/, core, telemetry, runtime, jobTypes, /^schema\//, /^cli\/jobTypesFile\.ts$/, /^infra\/plan\//],
  },
  { files: telemetry, mayImport: [telemetry] },
  { files: base, mayImport: [base, /^telemetry\/log\.ts$/], packages: ['zod', 'ipaddr.js', 'node:crypto', 'node:timers/promises'] },
  { files: table, mayImport: [base, telemetry, workflow, table] },
  { files: queue, mayImport: [base, telemetry, queue] },
  { files: feed, mayImport: [base, telemetry, redis, workflow, feed] },
  { files: redis, mayImport: [] },
  { files: limits, mayImport: [base, telemetry, redis, limits] },
  { files: schedule, mayImport: [base, schedule], packages: ['zod', 'croner', 'node:crypto'] },
  { files: workflow, mayImport: [base, workflow], packages: ['zod', 'node:zlib'] },
  { files: usecases, mayImport: [base, telemetry, ...contracts, schedule, workflow, usecases] },
  { files: runtime, mayImport: [core, telemetry, runtime] },
  { files: /^jobs\/index\.ts$/, mayImport: [base, /^jobs\/\w+\/(type|handler)\.ts$/] },
  { files: /^jobs\/files\/\w+\//, mayImport: [base, telemetry, /^jobs\/files\//] },
  { files: /^jobs\//, mayImport: [base, telemetry, /^jobs\//] },
  { files: /^schema\//, mayImport: [core, telemetry, /^schema\//] },
  // They run in browsers: no module of Node's.
  { files: /^client\//, mayImport: [/^client\//], packages: ['graphql-ws'] },
  { files: /^react\//, mayImport: [/^react\//], packages: ['job-tickets-client', 'react'] },
  {
    files: /^dashboard\//,
    mayImport: [/^client\//, /^dashboard\//],
    packages: ['preact', 'preact/hooks', 'htm/preact', '@preact/signals', '@preact/signals-core'],
  },
  // A team's own types, as the package `job-tickets` lets them be written.
  { files: /^docs\/examples\/orders\//, mayImport: [/^index\.ts$/, /^docs\/examples\/orders\//], packages: ['zod'] },
  // As somebody else would write them, who has only this package. Those that JOBS names are used here, where the package is not installed.
  {
    files: /^docs\/examples\/(orders|workflows)\/(index|types?|handlers?)\.ts$/,
    mayImport: [/^index\.ts$/, /^docs\/examples\/(orders|workflows)\/(types?|handlers?|shop)\.ts$/],
    packages: ['zod'],
  },
  { files: /^docs\/examples\/workflows\//, mayImport: [/^docs\/examples\/workflows\//], packages: ['job-tickets-client'] },
  // Job types as another project writes them.
  { files: /^docs\/examples\/\w+\/(type|handler)\.ts$/, mayImport: [/^docs\/examples\/\w+\/type\.ts$/], packages: ['job-tickets', 'zod'] },
  {
    files: /^docs\/examples\//,
    mayImport: [/^docs\/examples\/(jobTypes\.d\.ts$|react\/)/],
    packages: ['job-tickets-client', 'job-tickets-react', 'react', 'react-dom/client', '@urql/core', 'graphql-ws'],
  },
  // It opens what its server gives out.
  {
    files: /^server\/main\.ts$/,
    mayImport: [core, telemetry, runtime, jobTypes, /^jobs\/files\/(measured|s3\/objectStore)\.ts$/, /^server\//],
  },
  { files: /^server\//, mayImport: [core, telemetry, runtime, jobTypes, /^schema\//, /^server\//] },
  { files: /^worker\//, mayImport: [core, telemetry, runtime, /^jobs\//, /^worker\//] },
  { files: /^lambda\//, mayImport: [core, telemetry, runtime, /^lambda\//] },
  // The plan uses the limits of the parts that it plans.
  {
    files: /^infra\/plan\//,
    mayImport: [base, /^core\/table\/(jobTable|dynamodb\/definition)\.ts$/, /^runtime\/config\.ts$/, /^infra\/plan\//],
  },
  // Names and shapes of table and queues are defined in one place; infra does not need the code that uses them.
  {
    files: /^infra\//,
    mayImport: [/^core\/\w+\/\w+\/definition\.ts$/, base, /^runtime\/(config|entry|dataFolder|orphaned)\.ts$/, telemetry, /^infra\//],
  },
];

/** Packages that only some folders may import. Tests may import all. */
const packageRules: readonly { readonly packages: RegExp; readonly onlyIn: readonly RegExp[] }[] = [
  {
    packages: /^@(aws-sdk|smithy)\//,
    onlyIn: [
      /^core\/table\/dynamodb\//,
      /^core\/queue\/sqs\//,
      /^jobs\/files\/s3\//,
      /^runtime\/(open|parameterStore|secrets)\.ts$/,
      /^(server|worker)\/main\.ts$/,
      /^infra\//,
    ],
  },
  { packages: /^ioredis$/, onlyIn: [redis, /^core\/feed\/redis\//, limits] },
  { packages: /^(graphql|@pothos\/.*)$/, onlyIn: [/^schema\//, /^server\//, /^docs\//] },
  // OpenTelemetry's API costs nothing; only two files use its SDK.
  { packages: /^@opentelemetry\/(?!api$)/, onlyIn: [/^telemetry\/(openTelemetry|readableSpan)\.ts$/] },
  { packages: /^(graphql-.*|ws)$/, onlyIn: [/^server\//, /^client\//, /^docs\/examples\//] },
  { packages: /^react(-dom)?(\/.*)?$/, onlyIn: [/^react\//, /^docs\/examples\/react\//] },
  { packages: /^(preact|htm|@preact)(\/.*)?$/, onlyIn: [/^dashboard\//] },
  { packages: /^ipaddr\.js$/, onlyIn: [/^core\/webhookUrl\.ts$/] },
  { packages: /^croner$/, onlyIn: [schedule] },
  { packages: /^json-schema-to-typescript-lite$/, onlyIn: [/^cli\/jobTypesFile\.ts$/] },
  { packages: /^(dynalite|fauxqs)$/, onlyIn: [/^infra\/local\//] },
  { packages: /^(vitest|fast-check)(\/.*)?$/, onlyIn: [] },
];

/** Globals that only some files may use. */
const globalRules: readonly { readonly name: string; readonly use: RegExp; readonly onlyIn: readonly RegExp[] }[] = [
  { name: 'process.env', use: /\bprocess\.env\b/, onlyIn: [/^runtime\/config\.ts$/] },
  {
    name: 'signals',
    use: /\bprocess\.(on|once|addListener|prependListener)\(/,
    onlyIn: [/^runtime\/entry\.ts$/, /^start\.ts$/, /(^|\/)(main|\w+Main)\.ts$/],
  },
];

/** The forbidden imports of a file (its path from the project's root), one sentence each. */
export function boundaryViolations(path: string, source: string): readonly string[] {
  const code = withoutComments(source);
  const zone = zones.find(({ files }) => files.test(path));
  if (zone === undefined) return [`${path}: lies in no known folder`];
  const isFree = tests.test(path);
  const broken: string[] = [];
  for (const specifier of importsOf(code)) {
    if (specifier.startsWith('.')) {
      const target = posix.join(posix.dirname(path), specifier);
      if (entry.test(target) && !zone.mayImport.includes(entry)) broken.push(`${path}: imports the entry ${target}`);
      else if (!isPackageFile(target) && !matches(zone.mayImport, target)) broken.push(`${path}: may not import ${target}`);
    } else {
      const rule = packageRules.find(({ packages }) => packages.test(specifier));
      const isAllowed = (zone.packages?.includes(specifier) ?? true) && (rule === undefined || isFree || matches(rule.onlyIn, path));
      if (!isAllowed) broken.push(`${path}: may not import the package ${specifier}`);
    }
  }
  for (const { name, use, onlyIn } of isFree ? [] : globalRules) {
    if (use.test(code) && !matches(onlyIn, path)) broken.push(`${path}: may not use ${name}`);
  }
  return broken;
}

/**
 * The circles among files, type imports included: each as the paths on its way, the first again at the end.
 * @param sources Text by path from the project's root.
 */
export function circles(sources: ReadonlyMap<string, string>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const done = new Set<string>();
  const way: string[] = [];
  function visit(path: string): void {
    const start = way.indexOf(path);
    if (start !== -1) return void found.push([...way.slice(start), path]);
    if (done.has(path)) return undefined;
    way.push(path);
    for (const specifier of importsOf(withoutComments(sources.get(path) ?? ''))) {
      const target = posix.join(posix.dirname(path), specifier);
      if (specifier.startsWith('.') && sources.has(target)) visit(target);
    }
    way.pop();
    done.add(path);
  }
  for (const path of sources.keys()) visit(path);
  return found;
}

function importsOf(code: string): readonly string[] {
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, specifier = '']) => specifier);
}

/** Comments may mention imports; a `//` within a string (an address) is not a comment. */
function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

function isPackageFile(target: string): boolean {
  return target.startsWith('node_modules/');
}

function matches(patterns: readonly RegExp[], text: string): boolean {
  return patterns.some((pattern) => pattern.test(text));
}
