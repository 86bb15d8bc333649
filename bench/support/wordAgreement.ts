/** How far two readings of one document agree: the share of common words, in any order, in all words. */

/** 0 to 1; undefined where neither has a word. */
export function wordAgreement(one: string, other: string): number | undefined {
  const [ours, theirs] = [wordsOf(one), wordsOf(other)];
  const [ourCount, theirCount] = [count(ours), count(theirs)];
  if (ourCount + theirCount === 0) return undefined;
  let common = 0;
  for (const [word, times] of ours) common += Math.min(times, theirs.get(word) ?? 0);
  return (2 * common) / (ourCount + theirCount);
}

/** In composed form, and without invisible marks (pdftotext puts some around text from right to left). */
function wordsOf(text: string): ReadonlyMap<string, number> {
  const words = new Map<string, number>();
  for (const word of text
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .split(/\s+/u)) {
    if (word !== '') words.set(word, (words.get(word) ?? 0) + 1);
  }
  return words;
}

function count(words: ReadonlyMap<string, number>): number {
  return [...words.values()].reduce((sum, times) => sum + times, 0);
}
