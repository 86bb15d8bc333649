/** Words and phrases that only this project used, or that readers have to read twice, each with what to write instead. */

interface PrivateWord {
  readonly pattern: RegExp;
  readonly why: string;
  readonly instead: string;
}

const privateWords: readonly PrivateWord[] = [
  { pattern: /\bbets?\b/i, why: 'a picture', instead: 'an assumption; of the first claim: a claim without a read' },
  { pattern: /\bthe house\b/i, why: 'a picture', instead: 'the code, the project' },
  { pattern: /\bto the letter\b/i, why: 'an idiom', instead: 'exactly' },
  { pattern: /\bbehind \w+['’]s back\b/i, why: 'an idiom', instead: 'automatically, without being asked' },
  { pattern: /\b(?:to|can|cannot|not) be had\b/i, why: 'archaic', instead: 'is available, cannot be used' },
  { pattern: /\blest\b/i, why: 'archaic', instead: 'so that … not' },
  { pattern: /\bwhosever\b/i, why: 'archaic', instead: 'of any owner' },
  { pattern: /\boftener\b/i, why: 'archaic', instead: 'more often' },
  { pattern: /\bstands? for (?:itself|themselves)\b/i, why: 'unclear', instead: 'is independent, succeeds or fails by itself' },
];

/** The private words in a text, one line each. */
export function privateWordsIn(path: string, text: string): readonly string[] {
  return privateWords.flatMap(({ pattern, why, instead }) => {
    const [found] = pattern.exec(text) ?? [];
    return found === undefined ? [] : [`${path}: "${found}" (${why}): write ${instead}`];
  });
}

/** The comments and texts of a source, without its code. */
export function wordsOf(source: string): string {
  const [...parts] = source.matchAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/ .*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`[^`]*`/g);
  return parts.map(([part]) => part.replaceAll(/\s+\*?\s*/g, ' ')).join('\n');
}
