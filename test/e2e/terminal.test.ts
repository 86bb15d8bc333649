import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';

test('on a terminal npm start says in words what is where, and Ctrl+C ends it in order', async () => {
  // `script` gives it a terminal of its own.
  const child = spawn('script', ['-qfec', `'${process.execPath}' start.ts`, '/dev/null'], {
    cwd: join(import.meta.dirname, '../..'),
    env: { PATH: process.env['PATH'], TERM: 'xterm-256color', PORT: '0', DATA_DIR: '', SOCKET_DRAIN_SECONDS: '0' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await expect.poll(() => output, { timeout: 20_000 }).toContain('Ctrl+C ends it');
  child.stdin.write('\u0003');
  await exited;
  const shown = stripVTControlCharacters(output);
  expect(output).not.toBe(shown);
  expect(shown).toMatch(/Dashboard +http:\/\/127\.0\.0\.1:\d+\//);
  expect(shown).toMatch(/INFO: stopping; a second signal hurries/);
  expect(shown).not.toContain('{"level"');
});
