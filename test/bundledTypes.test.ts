import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import jobs from '../jobs/index.ts';

const root = join(import.meta.dirname, '..');

/** Where the project's own job types may be named: at home, in the documentation, and in tests. */
const home = /^(jobs|docs|test)\/|^README\.md$|^CHANGELOG\.md$|\.test\.(ts|yml)$|\/test[A-Z]\w*\.ts$/;

test('no file but those of jobs/, docs and tests names a job type of the project, so that a team’s own take their place', async () => {
  const names = jobs.map(({ type }) => type.name);
  const { stdout } = await promisify(execFile)('git', ['grep', '--files-with-matches', '--word-regexp', '-E', names.join('|')], {
    cwd: root,
  });
  const files = stdout.trim().split('\n');
  expect(files).toContain('docs/job-types.md');
  expect(files.filter((path) => !home.test(path))).toEqual([]);
});
