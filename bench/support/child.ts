/** A process of a bench: started from a module, controlled by commands, and ended with the bench. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';

export interface Child extends AsyncDisposable {
  /** Runs a command there. @throws when it fails, with its message; when the process ends before it answers. */
  ask<Answer>(answer: z.ZodType<Answer>, command: string, request?: object): Promise<Answer>;
}

type Command = (request: unknown) => unknown;

const reply = z.object({ number: z.number(), answer: z.unknown().optional(), failure: z.string().optional() });
const question = z.object({ number: z.number(), command: z.string(), request: z.unknown().optional() });

/** `file` is a module of `bench/processes/` that calls `serveCommands`. Its garbage collector can be called. */
export async function startChild(file: string, env: Readonly<Record<string, string>> = {}): Promise<Child> {
  const child = fork(join(import.meta.dirname, '../processes', file), {
    execArgv: [
      '--expose-gc',
      ...(process.env['BENCH_PROFILE']?.split(',').includes(file) === true ? ['--cpu-prof', '--cpu-prof-dir=.cache/profiles'] : []),
    ],
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', AUTH: 'none', ...env },
    serialization: 'advanced',
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const ready = Promise.withResolvers<unknown>();
  waiting.set(0, ready);
  let last = 0;
  child.on('message', (message) => {
    const { number, answer, failure } = reply.parse(message);
    const asked = waiting.get(number);
    waiting.delete(number);
    if (failure === undefined) asked?.resolve(answer);
    else asked?.reject(new Error(`${file}: ${failure}`));
  });
  const exited = once(child, 'exit').then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended`));
  });
  await ready.promise;
  return {
    async ask(answer, command, request = {}) {
      last += 1;
      const asked = Promise.withResolvers<unknown>();
      waiting.set(last, asked);
      child.send({ number: last, command, request }, (error) => error && asked.reject(new Error(`${file} has ended`, { cause: error })));
      return answer.parse(await asked.promise);
    },
    async [Symbol.asyncDispose]() {
      // Lets it end by itself, so that it writes its profile; nothing else needs an orderly end.
      if (child.connected) child.send({ number: 0, command: 'exit' });
      const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** The child's side: reports to the parent that it is ready, and answers its commands. */
export function serveCommands(commands: Readonly<Record<string, Command>>): void {
  const all = new Map(Object.entries({ ...usage, ...commands }));
  const answer = async (number: number, command: string, request: unknown): Promise<void> => {
    try {
      process.send?.({ number, answer: await all.get(command)?.(request) });
    } catch (error) {
      process.send?.({ number, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  };
  process.on('message', (message) => {
    const { number, command, request } = question.parse(message);
    // Sockets and timers are left as they are.
    if (command === 'exit') process.exit();
    void answer(number, command, request);
  });
  process.once('disconnect', () => process.exit());
  process.send?.({ number: 0 });
}

/** Of the process itself: processor time in microseconds, memory in bytes after a collection. */
const usage: Readonly<Record<string, Command>> = {
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  async memory() {
    for (let times = 0; times < 3; times += 1) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heap: heapUsed + external };
  },
};

export const memorySchema = z.object({ rss: z.number(), heap: z.number() });
