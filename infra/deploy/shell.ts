/** Runs the programs that a deployment needs, each printed as a person would type it before it runs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export type Command = readonly string[];

export interface Shell {
  say(text: string): void;
  /** @throws {StepFailed} */
  run(command: Command): Promise<void>;
  /** Its output, without the last line's end. @throws {StepFailed} */
  read(command: Command): Promise<string>;
  /** For waits, which also fail where they have waited long enough: the caller then waits again. */
  attempt(command: Command): Promise<void>;
  /** The first one's output is the second one's input. @throws {StepFailed} */
  pipe(from: Command, to: Command): Promise<void>;
}

/** A program that does not exist, or that ended with another code than 0. Its output is above. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

export interface ShellDeps {
  readonly cwd: string;
  readonly write: (text: string) => void;
  /** Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

export function createShell({ cwd, write, env }: ShellDeps): Shell {
  interface Ended {
    readonly code: number | null;
    readonly stdout: string;
  }

  async function start(command: Command, { input, reads }: { readonly input?: string; readonly reads: boolean }): Promise<Ended> {
    const [program = '', ...args] = command;
    const stdio = [input === undefined ? 'inherit' : 'pipe', reads ? 'pipe' : 'inherit', 'inherit'] as const;
    const child = spawn(program, args, { cwd, env, stdio: [...stdio] });
    let stdout = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stdin?.end(input);
    try {
      await once(child, 'close');
    } catch (error) {
      throw new StepFailed(`${program} could not be started: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    return { code: child.exitCode, stdout: stdout.replace(/\n$/, '') };
  }

  const show = (...commands: readonly Command[]): void => write(`\n$ ${commands.map(quoted).join(' | ')}\n`);
  const need = (command: Command, { code, stdout }: Ended): string => {
    if (code !== 0) throw new StepFailed(`${quoted(command)} ended with ${code ?? 'a signal'}`);
    return stdout;
  };

  return {
    say: (text) => write(`\n# ${text}\n`),
    async run(command) {
      show(command);
      need(command, await start(command, { reads: false }));
    },
    async read(command) {
      show(command);
      const answer = need(command, await start(command, { reads: true }));
      // Manifests are long, and are in files.
      if (answer.length < 1000) write(`${answer}\n`);
      return answer;
    },
    async attempt(command) {
      show(command);
      await start(command, { reads: false });
    },
    async pipe(from, to) {
      show(from, to);
      const input = need(from, await start(from, { reads: true }));
      need(to, await start(to, { input, reads: false }));
    },
  };
}

/** Quoted for a POSIX shell. */
function quoted(command: Command): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
