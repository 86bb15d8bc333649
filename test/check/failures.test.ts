import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { failureCodeOf } from '../../core/failures.ts';

const root = join(import.meta.dirname, '../..');

test('every code that a part gives a failure has its meaning in the schema', () => {
  const sources = globSync(['core/*.ts', 'core/usecases/*.ts', 'worker/**/*.ts', 'lambda/**/*.ts'], { cwd: root }).filter(
    (path) => !path.endsWith('.test.ts') && !path.endsWith('core/errors.ts'),
  );
  const made = sources.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/\bcode(?: =|:) [^;,]*?'([A-Z_]+)'[^;]*/g)].flatMap(([text]) =>
      [...text.matchAll(/'([A-Z_]{6,})'/g)].map(([, code]) => String(code)),
    ),
  );
  expect(made.length).toBeGreaterThan(5);
  expect([...new Set(made)].filter((code) => failureCodeOf(code) === 'OTHER')).toEqual([]);
});

test('a code of another version is OTHER, also one that every object has', () => {
  expect([failureCodeOf('OF_TOMORROW'), failureCodeOf('constructor'), failureCodeOf('TIMEOUT')]).toEqual(['OTHER', 'OTHER', 'TIMEOUT']);
});
