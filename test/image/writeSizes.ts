/** The table of docs/images.md: what `npm run test:images` measured last. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Sizes {
  readonly target: string;
  /** Megabytes of 10^6 bytes, unpacked. */
  readonly all: number;
  /** /app, packages included: what a new version brings. */
  readonly app: number;
  readonly packages: number;
}

const page = join(import.meta.dirname, '../../docs/images.md');

export async function writeSizes(sizes: readonly Sizes[], bases: Readonly<Record<string, string>>): Promise<void> {
  const text = await readFile(page, 'utf8');
  const date = new Date().toISOString().slice(0, 10);
  const from = Object.entries(bases).map(
    ([reference, origin]) => `\`${reference}\` ${origin === 'registry' ? 'from its registry' : 'as a stand-in'}`,
  );
  const rows = sizes.map(({ target, ...megabytes }) => `| ${[target, ...Object.values(megabytes).map(Math.round)].join(' | ')} |`);
  const table = ['| image | MB | of which `/app` | of which packages |', '|---|--:|--:|--:|', ...rows].join('\n');
  const section = `<!-- sizes -->\n${table}\n\n_${date}, \`npm run test:images\`; ${from.join(', ')}._\n<!-- end -->`;
  await writeFile(
    page,
    text.replace(/<!-- sizes -->[\s\S]*?<!-- end -->/, () => section),
  );
}
