/** Runs docs/quick-start.md block by block, in a copy of the project with nothing installed and no data. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { freePort } from '../support/freePort.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

test('the quick start leads from nothing to a watched job, and the plug may be pulled', { timeout: 300_000 }, async () => {
  const port = await freePort();
  const page = (await readFile(join(root, 'docs/quick-start.md'), 'utf8')).replaceAll(':4000', `:${port}`);
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  const [install = '', start = '', handIn = '', watch = '', read = '', handInLonger = '', startAgain = '', wait = ''] = blocks;
  expect(blocks.length).toBe(8);

  await using folder = await copyOfProject();
  await run('bash', ['-c', install], { cwd: folder.path, env: bare(port) });
  await using first = await startAll(start, folder.path, port);
  // As one terminal keeps its variables from block to block.
  const terminal = async (...commands: readonly string[]): Promise<string> =>
    (await run('bash', ['-euc', commands.join('\n')], { cwd: folder.path, env: bare(port) })).stdout;

  const answers = await terminal(handIn, watch, read, handIn);
  expect(answers).toMatch(/"created":true.*"status":"PENDING"/);
  expect(new Set([...answers.matchAll(/^data: .*"status":"(\w+)"/gm)].map(([, status]) => status))).toEqual(
    new Set(['PENDING', 'PROCESSING', 'SUCCEEDED']),
  );
  expect(answers).toMatch(/^event: complete/m);
  expect(answers).toMatch(/"job":\{"status":"SUCCEEDED","result":\{"attempts":1/);
  expect(answers).toContain('"created":false');

  const longer = await terminal(handInLonger, 'echo "$job"');
  const setJob = `job=${longer.trim()}`;
  await expect.poll(() => terminal(setJob, read)).toContain('PROCESSING');
  await first.kill();
  await using _second = await startAll(startAgain, folder.path, port);
  expect(await terminal(setJob, wait)).toContain('"status":"SUCCEEDED","attempts":2');
});

/** The files that belong to the project, and no others. */
async function copyOfProject() {
  const path = await mkdtemp(join(tmpdir(), 'job-tickets-quick-start-'));
  await run('bash', ['-c', 'git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --target-directory "$0"', path], {
    cwd: root,
  });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** What a terminal has, without this project's packages on its path, and the one port that is free here. */
function bare(port: number) {
  const path = (process.env['PATH'] ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  return { HOME: process.env['HOME'], PATH: path.join(':'), PORT: String(port), NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'] };
}

async function startAll(command: string, cwd: string, port: number) {
  const shell = spawn('bash', ['-c', command], { cwd, env: bare(port), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(shell, 'exit');
  /** The shell, npm and node at once, as a closed window does to them. */
  const kill = async (): Promise<void> => {
    if (shell.pid !== undefined && shell.exitCode === null && shell.signalCode === null) process.kill(-shell.pid, 'SIGKILL');
    await ended;
  };
  try {
    await expect.poll(() => output, { timeout: 60_000 }).toContain('job tickets are open');
  } catch (error) {
    await kill();
    throw error;
  }
  return { kill, [Symbol.asyncDispose]: kill };
}
