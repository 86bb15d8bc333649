/** Finds passages that two pages share: a certain number of words in a row. Code and generated pages are left out. */
import type { Page } from './readPage.ts';

/** Shorter runs are names and common phrases. */
const wordsInARow = 10;

/** Written by `npm run docs` or by a bench, from a source in the code. */
const generated = /^docs\/(api|errors|metrics|settings|job-types|performance)\.md$/;

export function findRepeats(pages: readonly Page[]): readonly string[] {
  const seen = new Map<string, string>();
  const found: string[] = [];
  for (const page of pages.filter(({ path }) => !generated.test(path))) {
    for (const words of proseOf(page.text).map(wordsOf)) {
      // Runs that begin within a reported run are the same run.
      let told = 0;
      for (let from = 0; from + wordsInARow <= words.length; from += 1) {
        const run = words.slice(from, from + wordsInARow).join(' ');
        const other = seen.get(run);
        if (other !== undefined && other !== page.path && from >= told) {
          found.push(`${page.path} says what ${other} says: "${run}"`);
          told = from + wordsInARow;
        }
        seen.set(run, page.path);
      }
    }
  }
  return found;
}

/** Paragraphs, items and cells. */
function proseOf(text: string): readonly string[] {
  return text
    .replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '\n\n')
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.|#+) )|\||\n(?=\|)/);
}

/** A link counts as its text, code as its words. */
function wordsOf(prose: string): readonly string[] {
  return (
    prose
      .replaceAll(/\]\([^)]*\)/g, ' ')
      .toLowerCase()
      .match(/[\p{L}\p{N}_’']+/gu) ?? []
  );
}
