/** The project's programs as processes of their own: started, killed, paused and woken by pid, with their logs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export type EntryName = 'worker' | 'server' | 'lambdas' | 'start';

export interface RunningEntry extends AsyncDisposable {
  readonly pid: number;
  /** What it has written so far, oldest first; at least its last megabyte. */
  logs(): string;
  /** Resolves when its output matches, from the beginning or from now on. @throws after `withinMs`, with the logs. */
  said(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  signal(signal: 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void;
  /** The answer of a preloaded probe. @throws with the logs where the process ends meanwhile. */
  ask(question: string): Promise<unknown>;
  /** Its exit code, or null where a signal ended it. @throws after `withinMs`, with the logs. */
  exited(withinMs?: number): Promise<number | null>;
}

const files = {
  worker: 'worker/main.ts',
  server: 'server/main.ts',
  lambdas: 'lambda/main.ts',
  start: 'start.ts',
} as const satisfies Record<EntryName, string>;
const ready = {
  worker: /the worker polls/,
  server: /"url":"([^"]+)"/,
  lambdas: /the event source mappings run/,
  start: /"ready":"([^"]+)\/readyz"/,
} as const satisfies Record<EntryName, RegExp>;

/** As `npm start` and the image have them. */
const startFlags = ['--max-semi-space-size=32'] as const;

const root = join(import.meta.dirname, '../..');
const maxLogLength = 1_000_000;

export interface EntryOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Default: the project. */
  readonly cwd?: string;
  /** False: do not wait for a program that is expected to fail at start. Default true. */
  readonly awaitReady?: boolean;
  /** Of Node, before the entry. */
  readonly flags?: readonly string[];
}

/** @throws with the logs when it does not come up. */
export async function startEntry(name: EntryName, { env, cwd = root, awaitReady = true, flags = [] }: EntryOptions): Promise<RunningEntry> {
  // Nothing is inherited but the path: a setting of the developer's own shell must not change a test.
  const child = spawn(process.execPath, [...(name === 'start' ? startFlags : []), ...flags, join(root, files[name])], {
    cwd,
    env: { PATH: process.env['PATH'], NODE_ENV: 'test', LOG_LEVEL: 'info', PORT: '0', ...env },
    // A probe is spoken to; what has none has no channel, as in production.
    stdio: ['ignore', 'pipe', 'pipe', flags.includes('--import') ? 'ipc' : 'ignore'],
  });
  const ended = once(child, 'exit').then(([code]: unknown[]) => (typeof code === 'number' ? code : null));
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      // Rarely, since each cut copies what is kept.
      if (output.length > 2 * maxLogLength) output = output.slice(-maxLogLength);
      for (const listener of listeners) listener();
    });
  }
  if (child.pid === undefined) throw new Error(`${files[name]} could not be started`);

  function said(pattern: RegExp, withinMs = 15_000): Promise<RegExpExecArray> {
    return within(
      withinMs,
      () => `${name} did not say ${String(pattern)} within ${withinMs} ms:\n${output.slice(-8000)}`,
      new Promise((resolve) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (match === null) return;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        look();
      }),
    );
  }

  async function kill(): Promise<void> {
    child.kill('SIGKILL');
    await ended;
  }

  const entry: RunningEntry = {
    pid: child.pid,
    logs: () => output,
    said,
    kill,
    signal: (signal) => void child.kill(signal),
    async ask(question) {
      const answered = once(child, 'message').then(([answer]: unknown[]) => answer);
      child.send(question);
      return Promise.race([
        answered,
        ended.then((code) => {
          throw new Error(`${name} ended with ${code}:\n${output.slice(-8000)}`);
        }),
      ]);
    },
    exited: (withinMs = 30_000) => within(withinMs, () => `${name} did not end within ${withinMs} ms:\n${output.slice(-8000)}`, ended),
    [Symbol.asyncDispose]: kill,
  };
  if (!awaitReady) return entry;
  const early = ended.then((code) => {
    throw new Error(`${name} ended with ${code} before it was ready:\n${output}`);
  });
  try {
    await Promise.race([said(ready[name], 60_000), early]);
    return entry;
  } catch (error) {
    await kill();
    throw error;
  } finally {
    early.catch(() => undefined);
  }
}

/** The address of a running server or embedded process. */
export async function urlOf(entry: RunningEntry, name: 'server' | 'start'): Promise<string> {
  const [, url] = await entry.said(ready[name]);
  if (url === undefined) throw new Error(`${name} did not say where it listens`);
  return url;
}

async function within<Value>(ms: number, complaint: () => string, value: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(complaint())), ms);
  try {
    return await Promise.race([value, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
