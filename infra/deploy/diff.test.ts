import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { argumentsOf } from '../../test/docs/readPages.ts';

/** With the project's own git and CDK, offline. */
function diff(args: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const root = join(import.meta.dirname, '../..');
  const env = { PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`, HOME: process.env['HOME'], NO_COLOR: '1' };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(import.meta.dirname, 'diffMain.ts'), ...args], { env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

test('npm run diff shows how the templates of two revisions differ', { timeout: 120_000 }, async () => {
  const { code, stdout, stderr } = await diff(argumentsOf('infra/deploy/diff.test.ts', 'diff')[0] ?? []);
  expect(stdout).toContain('$ git worktree add --quiet --detach');
  // Where the CDK's command line writes its messages.
  expect(stderr).toContain('Stack job-tickets-dev');
  expect(stderr).toMatch(/Number of stacks with differences: \d/);
  expect(code).toBe(0);
});

test('npm run diff refuses prod without its cluster, and a revision that does not exist', async () => {
  const [prod, unknown] = [await diff(['prod']), await diff(['dev', 'no-such-revision'])];
  expect([prod.code, unknown.code]).toEqual([78, 1]);
  expect(prod.stderr).toMatch(/^diff: prod lacks oidcProvider/);
  expect(unknown.stderr).toContain('no-such-revision ended with 128');
});
