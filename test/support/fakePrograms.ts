/** Programs on a PATH of their own that are real child processes, and get their answers from the test. */
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { portOf } from './portOf.ts';

const call = z.object({ program: z.string(), args: z.array(z.string()), stdin: z.string() });

export type Call = z.infer<typeof call>;

export interface Answer {
  readonly stdout?: string;
  readonly stderr?: string;
  /** Default: 0. */
  readonly code?: number;
}

export interface FakePrograms extends AsyncDisposable {
  /** The folder with the programs before the PATH of the tests. */
  readonly path: string;
  /** In order; `aws s3 ls` is one string. */
  calls(): readonly string[];
}

/** @param names of the programs. @param answer undefined: no output, and success. */
export async function fakePrograms(
  names: readonly string[],
  answer: (call: Call) => Promise<Answer | undefined> | Answer | undefined = () => undefined,
): Promise<FakePrograms> {
  const folder = await mkdtemp(join(tmpdir(), 'job-tickets-programs-'));
  const calls: string[] = [];
  const server = createServer((incoming, response) => {
    void Array.fromAsync(incoming).then(async (chunks: Buffer[]) => {
      const made = call.parse(JSON.parse(Buffer.concat(chunks).toString()));
      calls.push([made.program, ...made.args].join(' '));
      response.end(JSON.stringify((await answer(made)) ?? {}));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (const name of names) {
    await writeFile(join(folder, name), programOf(name, portOf(server)));
    await chmod(join(folder, name), 0o755);
  }
  return {
    path: `${folder}:${process.env['PATH']}`,
    calls: () => calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Reads what it is sent only where it is sent something: a terminal would wait for a person. */
function programOf(program: string, port: number): string {
  return `#!${process.execPath}
const { fstatSync, readFileSync } = require('node:fs');
const isSent = fstatSync(0).isFIFO() || fstatSync(0).isSocket();
const stdin = isSent && process.argv.includes('--password-stdin') ? readFileSync(0, 'utf8') : '';
const body = JSON.stringify({ program: ${JSON.stringify(program)}, args: process.argv.slice(2), stdin });
fetch('http://127.0.0.1:${port}', { method: 'POST', body }).then((answer) => answer.json()).then(({ stdout = '', stderr = '', code = 0 }) => {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code;
});
`;
}
