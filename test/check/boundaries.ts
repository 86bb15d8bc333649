/** Who may import whom, as data, and the check of one file against it. docs/architecture.md draws the same. */
import { posix } from 'node:path';

interface Zone {
  readonly files: RegExp;
  /** Files of the project that files of this zone may import. */
  readonly mayImport: readonly RegExp[];
  /** Packages and Node modules they may import; absent = those that `packageRules` leave free. */
  readonly packages?: readonly string[];
}

const anything = /./;
const base = /^core\/(job|transitions|jobTypes|backoff|errors|json)\.ts$/;
const ports = /^core\/(clock|log)\.ts$/;
const redis = /^core\/redis\.ts$/;
const telemetry = /^core\/telemetry\.ts$/;
const usecases = /^core\/usecases\//;
const [table, queue, feed, limits] = [/^core\/table\//, /^core\/queue\//, /^core\/feed\//, /^core\/limits\//];

/** Tests, and what only tests use. */
const tests = /(^(test|bench)\/)|(\.test\.ts$)|((^|\/)test[A-Z]\w*\.ts$)|(^[\w.]+\.config\.ts$)/;

/** The first zone that a file belongs to counts. Siblings never import each other. */
const zones: readonly Zone[] = [
  { files: tests, mayImport: [anything] },
  { files: /^start\.ts$/, mayImport: [anything] },
  { files: /^docs\/generate\.ts$/, mayImport: [/^core\//, /^schema\//] },
  { files: base, mayImport: [base], packages: ['zod'] },
  { files: /^core\/(clock|log|config)\.ts$/, mayImport: [base], packages: ['zod', 'pino'] },
  { files: table, mayImport: [base, ports, table] },
  { files: queue, mayImport: [base, ports, queue] },
  { files: feed, mayImport: [base, ports, redis, feed] },
  { files: limits, mayImport: [base, ports, redis, limits] },
  { files: usecases, mayImport: [base, ports, telemetry, table, queue, feed, usecases] },
  { files: /^core\/\w+\.ts$/, mayImport: [/^core\//] },
  { files: /^schema\//, mayImport: [/^core\//, /^schema\//] },
  // Both run in browsers: no module of Node's.
  { files: /^client\//, mayImport: [/^client\//], packages: ['graphql-ws'] },
  { files: /^dashboard\//, mayImport: [/^client\//, /^dashboard\//], packages: ['preact', 'preact/hooks'] },
  // As someone else would write them, who has this package and no more.
  { files: /^docs\/examples\//, mayImport: [], packages: ['job-tickets/client', '@urql/core', 'graphql-ws'] },
  { files: /^server\//, mayImport: [/^core\//, /^schema\//, /^server\//] },
  { files: /^worker\//, mayImport: [/^core\//, /^worker\//] },
  { files: /^lambda\//, mayImport: [/^core\//, /^lambda\//] },
  // Names and shapes of table and queues stand in one place; the code that uses them is not infra's business.
  { files: /^infra\//, mayImport: [/^core\/\w+\/definition\.ts$/, /^core\/(jobTypes|config|log)\.ts$/, /^infra\//] },
];

/** Packages that only some may import. Tests may import all. */
const packageRules: readonly { readonly packages: RegExp; readonly onlyIn: readonly RegExp[] }[] = [
  {
    packages: /^@(aws-sdk|smithy)\//,
    onlyIn: [table, queue, /^core\/(open|parameterStore)\.ts$/, /^worker\/handlers\//, /^worker\/main\.ts$/, /^infra\//],
  },
  { packages: /^ioredis$/, onlyIn: [redis, feed, limits] },
  { packages: /^(graphql|@pothos\/.*)$/, onlyIn: [/^schema\//, /^server\//, /^docs\//] },
  // The API of OpenTelemetry costs nothing; its SDK is one file's business.
  { packages: /^@opentelemetry\/(?!api$)/, onlyIn: [/^core\/openTelemetry\.ts$/] },
  { packages: /^(graphql-.*|ws)$/, onlyIn: [/^server\//, /^client\//, /^docs\/examples\//] },
  { packages: /^preact(\/.*)?$/, onlyIn: [/^dashboard\//] },
  { packages: /^(dynalite|fauxqs)$/, onlyIn: [/^infra\/local\//] },
  { packages: /^(vitest|fast-check)(\/.*)?$/, onlyIn: [] },
];

/** Globals that only some may touch. */
const globalRules: readonly { readonly name: string; readonly use: RegExp; readonly onlyIn: readonly RegExp[] }[] = [
  { name: 'process.env', use: /\bprocess\.env\b/, onlyIn: [/^core\/config\.ts$/] },
  {
    name: 'signals',
    use: /\bprocess\.(on|once|addListener|prependListener)\(/,
    onlyIn: [/^core\/entry\.ts$/, /^start\.ts$/, /(^|\/)(main|\w+Main)\.ts$/],
  },
];

/** An entry starts when it is imported, so nobody may. */
const entry = /(^|\/)(main|\w+Main|start)\.ts$/;

/** What is wrong with the imports of a file (its path from the project's root), one sentence each. */
export function boundaryViolations(path: string, source: string): readonly string[] {
  const code = withoutComments(source);
  const zone = zones.find(({ files }) => files.test(path));
  if (zone === undefined) return [`${path}: lies in no known folder`];
  const isFree = tests.test(path);
  const broken: string[] = [];
  for (const specifier of importsOf(code)) {
    if (specifier.startsWith('.')) {
      const target = posix.join(posix.dirname(path), specifier);
      if (entry.test(target)) broken.push(`${path}: imports the entry ${target}`);
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

function importsOf(code: string): readonly string[] {
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, specifier = '']) => specifier);
}

/** Comments may speak of imports; a `//` within a string (an address) is none. */
function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

function isPackageFile(target: string): boolean {
  return target.startsWith('node_modules/');
}

function matches(patterns: readonly RegExp[], text: string): boolean {
  return patterns.some((pattern) => pattern.test(text));
}
