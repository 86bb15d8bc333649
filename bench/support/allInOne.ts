/** `npm start` in a process of its own, as it is released, on a folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/freePort.ts';

export interface AllInOne extends AsyncDisposable {
  readonly url: string;
  /** From its start until /readyz answered with success. */
  readonly readyMs: number;
  /** Resident memory, in bytes. */
  memory(): Promise<number>;
  kill(): Promise<void>;
}

export async function startAllInOne(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<AllInOne> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--max-semi-space-size=32', 'start.ts'], {
    cwd: join(import.meta.dirname, '../..'),
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      AUTH: 'none',
      LOG_LEVEL: 'silent',
      WORKER_CONCURRENCY: '30',
      PORT: String(port),
      DATA_DIR: dataDir,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`start.ts ended with ${child.exitCode}`);
    await sleep(10);
  }
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return {
    url,
    readyMs: performance.now() - startedAt,
    async memory() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) * 1024;
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}
