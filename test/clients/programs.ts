/** Clients that are programs: Java's HttpClient, and curl. Their tokens come from a file, which is kept fresh. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { dataOf, documents, parseAnswer, type Client, type ClientOptions, type OpenedClient } from './client.ts';

const run = promisify(execFile);

/** How a program is called for a single answer, or for a watch. */
type Command = (how: {
  readonly url: string;
  readonly tokenFile: string;
  readonly body: string;
  readonly watches: boolean;
}) => readonly string[];

function openProgram({ url, token }: ClientOptions, command: Command): OpenedClient {
  const folder = mkdtempSync(join(tmpdir(), 'job-tickets-client-'));
  const tokenFile = join(folder, 'token');
  let isClosed = false;
  const refresh = async (): Promise<void> => {
    const fresh = await token();
    if (!isClosed) writeFileSync(tokenFile, fresh);
  };
  const refreshing = setInterval(() => void refresh(), 1000);
  const call = (query: string, variables: object, watches: boolean): [string, string[]] => {
    const [program = '', ...args] = command({ url, tokenFile, body: JSON.stringify({ query, variables }), watches });
    return [program, args];
  };
  const ask = async (query: string, variables: object): Promise<unknown> => {
    await refresh();
    const { stdout } = await run(...call(query, variables, false));
    return dataOf(parseAnswer(stdout));
  };
  return {
    query: (variables) => ask(documents.job, variables),
    mutate: (variables) => ask(documents.create, variables),
    watch(variables, sink) {
      writeFileSync(tokenFile, '');
      const stopped = new AbortController();
      void refresh().then(() => {
        const child = spawn(...call(documents.watch, variables, true), { stdio: ['ignore', 'pipe', 'ignore'], signal: stopped.signal });
        child.on('error', () => undefined);
        createInterface(child.stdout).on('line', (line) => {
          const answer = parseAnswer(line);
          if (answer.errors === undefined) sink.next(answer.data);
          else sink.error(answer.errors);
        });
        child.once('close', () => sink.complete());
      });
      return () => stopped.abort();
    },
    close() {
      isClosed = true;
      clearInterval(refreshing);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Compiled once per process, since that takes longer than everything else. */
let compiled: string | undefined;

function compiledClass(): string {
  if (compiled !== undefined) return compiled;
  const folder = mkdtempSync(join(tmpdir(), 'job-tickets-java-'));
  execFileSync('javac', ['-d', folder, join(import.meta.dirname, 'JobClient.java')]);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return (compiled = folder);
}

const java: Command = ({ url, tokenFile, body, watches }) => [
  'java',
  '-XX:TieredStopAtLevel=1',
  '-cp',
  compiledClass(),
  'JobClient',
  url,
  tokenFile,
  body,
  ...(watches ? ['watch'] : []),
];

/** The loop of docs/examples/curl.sh, with a token. */
const curlLoop = `
last=; stream=$(mktemp); trap 'rm -f "$stream"' EXIT
until grep -q '^event: complete' "$stream"; do
  curl -fsSN $FLAGS "$URL" -H 'content-type: application/json' -H 'accept: text/event-stream' -H "authorization: Bearer $(cat "$TOKEN")" \\
    \${last:+-H "last-event-id: $last"} -d "$BODY" 2>&3 | tee "$stream" | sed -un 's/^data: {/{/p' || true
  seen=$(sed -n 's/^id: //p' "$stream" | tail -n 1); last=\${seen:-$last}
  sleep 0.2
done 3>/dev/null`;
const curlOnce = `curl -sS $FLAGS "$URL" -H 'content-type: application/json' -H "authorization: Bearer $(cat "$TOKEN")" -d "$BODY"`;

const curl =
  (flags: string): Command =>
  ({ url, tokenFile, body, watches }) => [
    'env',
    `FLAGS=${flags}`,
    `URL=${url}`,
    `TOKEN=${tokenFile}`,
    `BODY=${body}`,
    'sh',
    '-c',
    watches ? curlLoop : curlOnce,
  ];

export const javaHttpClient: Client = { name: 'Java’s HttpClient', transport: 'HTTP, SSE', open: (options) => openProgram(options, java) };
export const curlClient: Client = { name: 'curl', transport: 'HTTP, SSE', open: (options) => openProgram(options, curl('')) };
export const curlOfferingHttp2: Client = {
  name: 'curl --http2',
  transport: 'HTTP, SSE',
  open: (options) => openProgram(options, curl('--http2')),
};
