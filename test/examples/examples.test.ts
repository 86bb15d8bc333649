import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser } from '../browser/openBrowser.ts';
import { freePort } from '../support/freePort.ts';
import { startEntry, urlOf, type RunningEntry } from '../support/processes.ts';
import { openRestartable } from '../support/restartable.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const webPort = await freePort();
const webOrigin = `http://127.0.0.1:${webPort}`;
let system: RunningEntry;
let url: string;

beforeAll(async () => {
  system = await startEntry('start', { env: { DATA_DIR: '', CORS_ORIGINS: webOrigin, SOCKET_DRAIN_SECONDS: '0' } });
  url = await urlOf(system, 'start');
}, 60_000);
afterAll(() => system.kill());

test('curl hands in a job and reads its changes as Server-Sent Events to the end', async () => {
  const { stdout } = await run('sh', ['docs/examples/curl.sh', url], { cwd: root });
  expect(stdout).toContain('"created":true');
  expect([...stdout.matchAll(/"version":(\d),"status":"(\w+)"/g)].map(([, version, status]) => `${version} ${status}`)).toEqual([
    '1 PENDING',
    '2 PROCESSING',
    '3 SUCCEEDED',
  ]);
  expect(stdout).toContain('{"data":{"job":{"status":"SUCCEEDED","result":{"attempts":1,');
});

test('the backend service makes one report for an order, however often it is run', async () => {
  const service = () => run(process.execPath, ['docs/examples/backendService.ts', url, 'order-1'], { cwd: root });
  const first = (await service()).stdout.split('\n');
  const second = (await service()).stdout.split('\n');
  expect(first[0]).toMatch(/^handed in /);
  expect(second[0]).toBe(first[0]?.replace('handed in', 'was handed in before'));
  expect(first[1]).toMatch(/^SUCCEEDED \{"rows":\d+,"total":/);
  expect(second[1]).toBe(first[1]);
});

test('urql follows a job to its end', async () => {
  const { stdout } = await run(process.execPath, ['docs/examples/urql.ts', url], { cwd: root });
  const lines = stdout.trim().split('\n');
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.at(-1)).toMatch(/^3 SUCCEEDED/);
});

test('the web front end, a page of another origin, follows its job to the end', async () => {
  const files = createServer(
    (request, response) => void serveFile(request.url ?? '/').then((file) => response.writeHead(200, file.headers).end(file.body)),
  );
  files.listen(webPort, '127.0.0.1');
  await once(files, 'listening');
  await using browser = await openBrowser();
  const page = await browser.browser.newPage();
  await page.goto(`${webOrigin}/docs/examples/web/index.html?api=${url}`);
  await page.getByRole('button', { name: 'Make the report' }).click();
  await page.getByText('PROCESSING').waitFor();
  await expect.poll(() => page.evaluate('document.querySelector("#progress").value')).toBeGreaterThan(10);
  await page.getByText('SUCCEEDED').waitFor();
  expect(await page.getByRole('button').isEnabled()).toBe(true);
  await page.close();
  files.closeAllConnections();
  files.close();
});

describe('across a rolling restart', () => {
  /** Runs a program until it says so, then stops the server and starts the next one; answers all that it says. */
  async function acrossRestart(command: readonly string[], sign: RegExp): Promise<string> {
    await using server = await openRestartable({ SOCKET_DRAIN_SECONDS: '0' });
    const [program = '', ...args] = command;
    const child = spawn(program, [...args, server.url], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    const exited = once(child, 'exit');
    await expect.poll(() => said, { timeout: 20_000 }).toMatch(sign);
    await server.stop();
    expect(child.exitCode).toBe(null);
    await server.start();
    expect(await exited).toEqual([0, null]);
    return said;
  }

  test.each([
    ['curl', ['sh', 'docs/examples/curl.sh']],
    ['urql', [process.execPath, 'docs/examples/urql.ts']],
  ])('%s follows its job to the end', async (_name, command) => {
    const said = await acrossRestart(command, /PROCESSING/);
    expect(said.trim().split('\n').at(-1)).toContain('SUCCEEDED');
  });

  test('the backend service reads its result', async () => {
    expect(await acrossRestart([process.execPath, 'docs/examples/backendService.ts'], /handed in/)).toMatch(/SUCCEEDED/);
  });
});

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

async function serveFile(address: string): Promise<{ readonly headers: Record<string, string>; readonly body: string }> {
  const path = normalize(new URL(address, webOrigin).pathname);
  const body = await readFile(join(root, path), 'utf8').catch(() => '');
  return { headers: { 'content-type': types[extname(path)] ?? 'text/plain' }, body };
}
