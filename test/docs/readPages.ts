/** All pages of the project, the blocks that a test runs, and the arguments of the commands in them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { readPage, type Block, type Page } from './readPage.ts';

export const root = join(import.meta.dirname, '../..');

/** Pages about the past, which are not updated. */
const past = /^(?:CHANGELOG\.md|docs\/adr\/)/;

/** All pages that describe the present state of the project. */
export function readPages(): readonly Page[] {
  return texts().map(([path, text]) => readPage(path, text));
}

/** The blocks of all pages that are marked as run by this test, in the order of their page. */
export function blocksRunBy(test: string): readonly (Block & { readonly path: string })[] {
  const mark = `run by: ${test}`;
  const pages = texts().filter(([, text]) => text.includes(`<!-- ${mark} -->`));
  const blocks = pages.flatMap(([path, text]) => readPage(path, text).blocks.map((block) => ({ path, ...block })));
  return blocks.filter((block) => block.mark === mark);
}

function texts(): readonly (readonly [path: string, text: string])[] {
  const paths = [...projectPaths()].filter((path) => path.endsWith('.md') && !past.test(path));
  return paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]);
}

/** The arguments after `npm run <script> --` in the blocks that this test runs: one list for each command, in the order of their page. */
export function argumentsOf(test: string, script: string): readonly (readonly string[])[] {
  const lines = blocksRunBy(test).flatMap(({ text }) => text.split('\n'));
  const prefix = `npm run ${script} -- `;
  return lines
    .filter((line) => line.startsWith(prefix))
    .map((line) =>
      line
        .slice(prefix.length)
        .replace(/ +#.*$/, '')
        .split(' '),
    );
}

/** Files that belong to the project, and their folders. */
export function projectPaths(): ReadonlySet<string> {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  const paths = new Set<string>(['', '.']);
  for (const file of files.split('\0')) {
    for (let path = file; path !== '.' && !paths.has(path); path = posix.dirname(path)) paths.add(path);
  }
  return paths;
}
