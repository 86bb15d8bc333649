import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startEntry, urlOf } from '../support/processes.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** A project of someone else's, with this package as npm would install it, and nothing else but what the client needs. */
async function openConsumer() {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-consumer-'));
  const bin = join(root, 'node_modules/.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  await run('npm', ['pack', '--pack-destination', folder], { cwd: root, env });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
  await mkdir(join(folder, 'node_modules'));
  await run('tar', ['-xzf', tarball], { cwd: folder });
  await rename(join(folder, 'package'), join(folder, 'node_modules/job-tickets'));
  await Promise.all(
    ['graphql-ws', 'graphql', '@types', 'undici-types'].map((name) =>
      symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name)),
    ),
  );
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await copyFile(join(root, 'docs/examples/typedClient.ts'), join(folder, 'typedClient.ts'));
  return { folder, env, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

test('the packed package has the typed client alone, whose example compiles strictly and runs', async () => {
  await using consumer = await openConsumer();
  const { folder, env } = consumer;
  expect((await readdir(join(folder, 'node_modules/job-tickets'))).toSorted()).toEqual(['LICENSE', 'README.md', 'client', 'package.json']);
  const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--exactOptionalPropertyTypes', '--types', 'node'];
  const compile = (name: string): Promise<string> =>
    run('tsc', [...strict, name], { cwd: folder, env }).then(
      () => '',
      (error: unknown) => (typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : String(error)),
    );
  expect(await compile('typedClient.ts')).toBe('');
  const wrong = `import { createJobTickets } from 'job-tickets/client';
    await createJobTickets({ url: '' }).createJob({ type: 'simulate_work', params: { durationMs: 'long' } });`;
  await writeFile(join(folder, 'wrong.ts'), wrong);
  expect(await compile('wrong.ts')).toContain("Type 'string' is not assignable to type 'number'");

  await using system = await startEntry('start', { env: { DATA_DIR: '' } });
  const { stdout } = await run(process.execPath, ['typedClient.ts', await urlOf(system, 'start')], { cwd: folder });
  expect(stdout).toMatch(/^1 PENDING|^2 PROCESSING/);
  expect(stdout).toMatch(/\n3 SUCCEEDED/);
  expect(stdout).toMatch(/\nSUCCEEDED hello after \d+ ms of sleep\n$/);
});
