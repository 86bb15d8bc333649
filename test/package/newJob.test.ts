import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocksRunBy } from '../docs/readPages.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

describe('npm run new-job, in a copy of the project', () => {
  let folder: string;
  const execute = async (...args: readonly string[]): Promise<string> =>
    (await run('npm', ['run', '--silent', ...args], { cwd: folder, maxBuffer: 16 * 1024 ** 2 })).stdout;
  const list = () => readFile(join(folder, 'jobs/index.ts'), 'utf8');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'job-tickets-copy-'));
    const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
    for (const path of stdout.trim().split('\n')) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      // A file that was removed and not yet committed does not count.
      await cp(join(root, path), join(folder, path)).catch(() => undefined);
    }
    for (const shared of ['node_modules', '.cache']) await symlink(join(root, shared), join(folder, shared));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('a name that is bad or taken is refused in one line, and nothing is changed', async () => {
    const before = await list();
    for (const [args, why] of [
      [['Shout'], 'lower-case words'],
      [['simulate_work'], 'there is a type of this name'],
      [['files'], 'its folder is there already'],
      [['delete'], 'has another meaning'],
      [[], 'usage: npm run new-job -- resize_image'],
      [['one', 'two'], 'usage'],
    ] as const) {
      const refused = execute('new-job', '--', ...args);
      await expect(refused).rejects.toMatchObject({
        stderr: expect.stringMatching(new RegExp(`^new-job: [^\\n]*${why}[^\\n]*\\n$`)) as unknown,
      });
    }
    expect(await list()).toBe(before);
  });

  test('the commands of docs/handlers.md make a type with a step whose tests and checks all pass', { timeout: 240_000 }, async () => {
    const [make = '', handler = '', ownTest = '', tests = ''] = blocksRunBy('test/package/newJob.test.ts').map(({ text }) => text);
    const type = async (block: string): Promise<string> => (await run('bash', ['-euc', block], { cwd: folder })).stdout;
    expect(await type(make)).toMatch(/^jobs\/resizeImage: /m);
    await writeFile(join(folder, 'jobs/resizeImage/handler.ts'), `${handler}\n`);
    await appendFile(join(folder, 'jobs/resizeImage/handler.test.ts'), `\n${ownTest}\n`);
    expect(await list()).toContain('listJob(resizeImage, ');
    expect(await readFile(join(folder, 'docs/job-types.md'), 'utf8')).toContain('\n## resize_image\n');
    await execute('check').catch((error: unknown) => {
      throw new Error(typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : String(error));
    });
    expect(await type(tests)).toMatch(/2 passed/);
  });
});
