/** Compares the pages with the project: see findProblems.ts. */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { findProblems } from './findProblems.ts';
import { findRepeats } from './findRepeats.ts';
import { mutants } from './mutants.ts';
import { readProjectFacts } from './projectFacts.ts';
import { readPages, root } from './readPages.ts';
import { readerPaths } from './readerPaths.ts';
import { readPage } from './readPage.ts';

const facts = readProjectFacts();
const pages = readPages();

test('links, commands, names, blocks, values and figures of all pages are right', () => {
  expect(pages.length).toBeGreaterThan(25);
  expect(findProblems(pages, facts)).toEqual([]);
});

test('every page is two clicks away from the README', () => {
  const reached = new Set(['README.md']);
  for (let click = 1; click <= 2; click += 1) {
    for (const page of pages.filter(({ path }) => reached.has(path))) {
      for (const link of page.links) reached.add(posix.join(posix.dirname(page.path), link.split('#')[0] ?? ''));
    }
  }
  expect(pages.map(({ path }) => path).filter((path) => path.startsWith('docs/') && !reached.has(path))).toEqual([]);
});

test('no page says what another says', () => {
  expect(findRepeats(pages)).toEqual([]);
  const sentence = 'The container holds: a sentence that says the same in two places, with *its* [links](lists.md) and `code`.';
  const twice = ['docs/lists.md', 'docs/files.md'].map((path) => readPage(path, `# A page\n\n${sentence}\n`));
  expect(findRepeats(twice)).toEqual([expect.stringMatching(/^docs\/files\.md says what docs\/lists\.md says: "the container holds/)]);
});

test('a drawing stands once', () => {
  const drawings = pages.flatMap(({ path, blocks }) =>
    blocks.filter(({ language, text }) => language === '' && /[─▶│]/.test(text)).map(({ text }) => [text.split('\n')[0], path]),
  );
  const firstLines = drawings.map(([line]) => line);
  expect(drawings.filter(([line], index) => firstLines.indexOf(line) !== index)).toEqual([]);
});

test.each(readerPaths)('a reader $reader', ({ clicks, finds, doneBy }) => {
  const walked = clicks.map((path) => pages.find((page) => page.path === path));
  for (const [index, page] of walked.entries()) {
    const next = clicks[index + 1];
    const targets = page?.links.map((link) => posix.join(posix.dirname(page.path), link.split('#')[0] ?? ''));
    if (next !== undefined) expect(targets, `${clicks[index]} links to ${next}`).toContain(next);
  }
  const last = walked.at(-1);
  for (const text of finds) expect(last?.text).toContain(text);
  // Either the page's blocks say so, or the page is written by it.
  const source = readFileSync(join(root, doneBy), 'utf8');
  const isMarked = last?.blocks.some(({ mark }) => mark === `run by: ${doneBy}` || mark === `from: ${doneBy}`) ?? false;
  expect(isMarked || source.includes(posix.basename(last?.path ?? '?'))).toBe(true);
});

test.each(mutants)('$what is found', ({ page, edit, project = (same) => same, found }) => {
  const text = readFileSync(join(root, page), 'utf8');
  const [was, is] = edit ?? ['', ''];
  expect(text).toContain(was);
  const changed = pages.map((other) => (other.path === page ? readPage(page, text.replace(was, is)) : other));
  const problems = findProblems(changed, project(facts)).filter((problem) => problem.startsWith(`${page}: `));
  expect(problems.join('\n')).toMatch(found);
});
