import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { privateWordsIn, wordsOf } from './privateWords.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/glossary.md');
const rows = page.split('\n').flatMap((line) => {
  const [word = '', meaning = '', names = ''] = line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
  return /^\|\s*(word|not|---)/.test(line) || word === ''
    ? []
    : [{ word, meaning, names: [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name) }];
});
const named = new Set(rows.flatMap(({ names }) => names));

const folders = 'bench,cli,client,core,infra,jobs,lambda,runtime,schema,server,telemetry,worker';
const exported = new Map<string, string>();
for (const path of globSync(`{${folders}}/**/*.ts`, { cwd: root, exclude: (name) => name === 'node_modules' || name === 'dist' })) {
  if (/\.test\.ts$|\.d\.ts$/.test(path)) continue;
  const source = read(path);
  for (const [, name = ''] of source.matchAll(/^export (?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm))
    exported.set(name, path);
}

/** Words with several meanings: alone they are not clear. */
const severalMeanings = /^(connection|stream|event|limit|running|open|slot|owner)s?$/i;

describe('docs/glossary.md', () => {
  test('has each word once', () => {
    const words = rows.flatMap(({ word }) => word.split(', '));
    expect(words.length).toBeGreaterThan(50);
    expect(words.filter((word, index) => words.indexOf(word) < index)).toEqual([]);
  });

  test('gives each word a meaning', () => {
    expect(rows.filter(({ meaning }) => meaning === '').map(({ word }) => word)).toEqual([]);
  });

  test('names only what is exported', () => {
    expect(exported.size).toBeGreaterThan(200);
    expect([...named].filter((name) => !exported.has(name))).toEqual([]);
  });

  test('says what is meant by each exported name that alone could mean several things', () => {
    const unexplained = [...exported].filter(([name]) => severalMeanings.test(name) && !named.has(name));
    expect(unexplained.map(([name, path]) => `${path}: ${name}`)).toEqual([]);
  });
});

describe('private words', () => {
  const isBuilt = (name: string): boolean => ['node_modules', 'dist', '.cache'].includes(name);

  test('are found in comments and messages, and not in code', () => {
    const source = "/** A sure\n * bet. */\nconst bets = 1; // lest\nthrow new Error('cannot be had');";
    expect(privateWordsIn('x.ts', wordsOf(source))).toHaveLength(3);
    expect(privateWordsIn('x.ts', wordsOf('const bet = 1;'))).toEqual([]);
  });

  test('are in no comment, message or page', () => {
    const sources = globSync('**/*.{ts,tsx}', { cwd: root, exclude: isBuilt }).filter(
      (path) => !/^test\/(?:glossary|privateWords)/.test(path),
    );
    const pages = globSync(['*.md', '*/README.md', 'docs/**/*.md'], { cwd: root, exclude: isBuilt });
    const present = pages.filter((path) => !/^CHANGELOG|^docs\/adr\//.test(path));
    expect(sources.length).toBeGreaterThan(500);
    expect(present.length).toBeGreaterThan(30);
    const found = [
      ...sources.flatMap((path) => privateWordsIn(path, wordsOf(read(path)))),
      ...present.flatMap((path) => privateWordsIn(path, read(path).split('## Said otherwise')[0] ?? '')),
    ];
    expect(found).toEqual([]);
  });
});
