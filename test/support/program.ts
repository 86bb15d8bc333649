/** A program in a process of its own: started, awaited until it says that it is ready, ended by its own pid. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Program {
  readonly pid: number;
  /** What it had written when it became ready. */
  readonly output: string;
  /** Ends the program and waits until it is gone; a second call does nothing. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The output that says: ready. */
  readonly ready: RegExp;
  readonly cwd?: string;
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  readonly readyWithinMs?: number;
}

/** @throws {Error} with the program's output when it ends, or stays silent, before it is ready. */
export async function startProgram({ command, args, ready, cwd, env, readyWithinMs = 30_000 }: ProgramOptions): Promise<Program> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    child.once('error', () => {
      resolve();
    });
  });
  const stop = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  let output = '';
  try {
    await isReady();
  } catch (error) {
    await stop();
    throw error;
  }
  if (child.pid === undefined) throw new Error(`${command} has no process id`);
  return { pid: child.pid, output, stop };

  async function isReady(): Promise<void> {
    const said = Promise.withResolvers<void>();
    const listen = (chunk: Buffer): void => {
      // Once it is ready the output is only read, so that the pipe never fills up.
      if (output.length < 100_000) output += chunk.toString();
      if (ready.test(output)) said.resolve();
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    const exited = async (): Promise<never> => {
      await once(child, 'exit');
      throw new Error(`${command} ended with ${child.exitCode ?? child.signalCode ?? '?'} before it was ready:\n${output}`);
    };
    const timer = setTimeout(() => {
      said.reject(new Error(`${command} was not ready within ${readyWithinMs} ms:\n${output}`));
    }, readyWithinMs);
    try {
      // `once` also rejects on 'error', which is what a program that is not installed emits.
      await Promise.race([said.promise, exited()]);
    } finally {
      clearTimeout(timer);
    }
  }
}
