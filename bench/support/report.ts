/** The result of a bench, and its section of docs/performance.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { UnitCosts } from '../../infra/plan/unitCosts.ts';
import { glance } from './glance.ts';
import { shown } from './statistics.ts';

export interface Report {
  readonly title: string;
  /** What was compared with what, and how: a paragraph. */
  readonly method: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly promises: readonly Promised[];
  readonly notes?: readonly string[];
  /** The figures that `npm run plan` uses. */
  readonly unitCosts?: Readonly<Partial<UnitCosts>>;
}

export interface Promised {
  readonly promise: string;
  readonly measured: number;
  readonly limit: { readonly atLeast: number } | { readonly atMost: number };
}

export function holds({ measured, limit }: Promised): boolean {
  return 'atLeast' in limit ? measured >= limit.atLeast : measured <= limit.atMost;
}

export function markdown(name: string, { title, method, columns, rows, promises, notes = [] }: Report): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => (typeof cell === 'number' ? shown(cell) : cell)).join(' | ')} |`;
  return [
    `## ${title}`,
    '',
    method,
    '',
    line(columns),
    line(columns.map((_, index) => (index === 0 ? '---' : '--:'))),
    ...rows.map(line),
    '',
    ...promises.map((promised) => `- ${holds(promised) ? 'Holds' : '**Does not hold**'}: ${promised.promise}: ${shown(promised.measured)}`),
    ...notes.map((note) => `- ${note}`),
    '',
    `_${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, \`npm run bench -- ${name}\`, ${machine()}._`,
  ].join('\n');
}

const page = join(import.meta.dirname, '../../docs/performance.md');

const introduction = `# Performance

Written by \`npm run bench\` (all sections) or \`npm run bench -- <name>\` (one). Read the ratios; the absolute figures are
those of a small machine that others use at the same time.

- **Floor**: the least that any solution has to do, such as a bare script that makes the same calls, or a bare WebSocket server that sends the same bytes.
- **The usual way**: what most projects put together: graphql-yoga's own pub/sub, fed from Redis, behind graphql-ws, with an async iterator for each
  subscription ([its code](../bench/processes/usualServer.ts)).
- **A peer**: another job system that does the same work, on the same machine.
- **Ratios are medians of ratios.** Subject and floor take turns in one run, each in a process of its own. Each round gives a ratio, and the median of these is
  shown. So it may differ a little from the ratio of the two medians beside it: a slow moment of the machine hits both sides of one round alike.
`;

/** Replaces the older section of that name; `names` gives the order. */
export async function writeSection(name: string, section: string, names: readonly string[]): Promise<void> {
  const old = await readFile(page, 'utf8').catch(() => '');
  await writeFile(page, pageWith(old, { name, section, names }));
}

interface Written {
  readonly name: string;
  readonly section: string;
  readonly names: readonly string[];
}

export function pageWith(old: string, { name, section, names }: Written): string {
  const known = new Map(
    [...old.matchAll(/<!-- bench: (\w+) -->\n([\s\S]*?)\n<!-- end -->/g)].map(([, bench = '', text = '']) => [bench, text]),
  );
  known.set(name, section);
  const sections = new Map(names.flatMap((bench) => (known.has(bench) ? [[bench, known.get(bench) ?? ''] as const] : [])));
  const written = [...sections].map(([bench, text]) => `<!-- bench: ${bench} -->\n${text}\n<!-- end -->`);
  return `${[introduction, `${glance(sections)}\n`, ...written].join('\n')}\n`;
}

/** The load of other programs on the machine, before the bench began. */
const [loadBefore = 0] = loadavg();

function machine(): string {
  const [first] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  return `${cpus().length} × ${first?.model ?? 'unknown'} under a load of ${loadBefore.toFixed(1)} by others, ${memory}, Linux ${release()}, Node ${process.versions.node}`;
}
