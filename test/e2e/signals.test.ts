/** How `npm start` ends: whichever process of the chain gets the signal, none is left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** npm, the shell that it starts, and node, as a process group of their own, as a terminal has it. */
async function npmStart() {
  const npm = spawn('npm', ['start'], {
    cwd: root,
    detached: true,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0', DATA_DIR: '', SHUTDOWN_GRACE_SECONDS: '2' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(npm, 'exit');
  let output = '';
  npm.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  npm.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await expect.poll(() => output, { timeout: 30_000 }).toMatch(/job tickets are open/);
  const pid = npm.pid ?? 0;
  const chain = await chainBelow(pid);
  return {
    pid,
    /** From npm to node. */
    chain,
    output: () => output,
    ended,
    async [Symbol.asyncDispose]() {
      for (const one of chain) if (await isAlive(one)) process.kill(one, 'SIGKILL');
    },
  };
}

async function chainBelow(pid: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    const text = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '') : '';
    const [, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (parent !== undefined) parents.set(Number(parent), Number(name));
  }
  const chain = [pid];
  for (let child = parents.get(pid); child !== undefined; child = parents.get(child)) chain.push(child);
  return chain;
}

/** A zombie that nobody has waited for has ended. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}

async function alive(pids: readonly number[]): Promise<readonly number[]> {
  const checks = await Promise.all(pids.map(isAlive));
  return pids.filter((_, index) => checks[index]);
}

test.each([
  ['npm', 'SIGTERM', 0],
  ['the shell that npm starts', 'SIGTERM', 1],
  ['node', 'SIGTERM', -1],
  ['node', 'SIGINT', -1],
] as const)('a signal to %s (%s) ends them all in order', async (_, signal, index) => {
  await using system = await npmStart();
  expect(system.chain.length).toBeGreaterThanOrEqual(2);
  process.kill(system.chain.at(index) ?? 0, signal);
  await expect.poll(() => alive(system.chain), { timeout: 10_000 }).toEqual([]);
  expect(system.output()).toMatch(/the worker has stopped/);
});

test('Ctrl+C, which a terminal sends to all of them at once, ends them in order', async () => {
  await using system = await npmStart();
  process.kill(-system.pid, 'SIGINT');
  await expect.poll(() => alive(system.chain), { timeout: 10_000 }).toEqual([]);
  expect(system.output()).toMatch(/the worker has stopped/);
});
