import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const guide = await readFile(join(root, 'docs/tech-guide.md'), 'utf8');

describe('docs/tech-guide.md', () => {
  test('has a row for each package that is needed at run time, and for no other', async () => {
    const { dependencies } = z
      .object({ dependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    for (const name of Object.keys(dependencies)) expect(guide).toContain(`**${name}**`);
    const scoped = [...guide.matchAll(/\*\*(@[\w/-]+)\*\*/g)].map(([, name = '']) => name);
    expect(scoped.filter((name) => dependencies[name] === undefined)).toEqual([]);
  });

  test('names files and folders that there are', async () => {
    const paths = [...guide.matchAll(/`([\w./-]+\/[\w./-]*|[\w.]+\.(?:ts|json)|Dockerfile)`/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(30);
    for (const path of paths) await expect(access(join(root, path)), path).resolves.toBeUndefined();
  });

  test('says of each what it is for, why, where, and what to read first', () => {
    const rows = guide.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| technology'));
    expect(rows.length).toBeGreaterThan(25);
    for (const row of rows)
      expect(
        row
          .split('|')
          .slice(1, -1)
          .filter((cell) => cell.trim() !== ''),
      ).toHaveLength(5);
  });
});
