import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { faults } from '../browser/axe.ts';
import { openBrowser } from '../browser/openBrowser.ts';
import { freePort } from '../support/freePort.ts';
import { openRestartable } from '../support/restartable.ts';

const root = join(import.meta.dirname, '../..');
const example = join(root, 'docs/examples/react');

/** Reacts of which the packages are tested; React 18 lies apart. */
const reacts = [
  ['19', {}],
  ['18', Object.fromEntries(['react', 'react-dom'].map((name) => [name, join(root, 'test/react18/node_modules', name)]))],
] as const;

test.each(reacts)(
  'the React app on React %s, a page of another origin, follows its job over a kill -9, cancels, tries again, and keeps its list',
  async (_version, alias) => {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    await using server = await openRestartable({ CORS_ORIGINS: origin, SOCKET_DRAIN_SECONDS: '0' });
    await using files = await serveApp(port, alias);
    await using browser = await openBrowser();
    const page = await browser.browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${files.url}/index.html?api=${server.url}`);
    await page.getByText('Nothing is being made.').waitFor();

    await page.getByRole('button', { name: 'Make the report' }).click();
    const report = page.getByRole('region', { name: 'The report' });
    const list = page.getByRole('list', { name: 'All reports' });
    await report.getByText('PROCESSING').waitFor();
    await expect.poll(() => report.getByRole('progressbar').evaluate((bar) => Number(bar.getAttribute('value')))).toBeGreaterThan(10);
    await server.kill();
    await report.getByText('the connection is lost').waitFor();
    await server.start();
    await report.getByText('SUCCEEDED').waitFor();
    await report.getByText(/Done after \d attempt/).waitFor();
    await list.getByText('SUCCEEDED').waitFor();

    await page.getByRole('button', { name: 'Make the report' }).click();
    await report.getByRole('button', { name: 'Cancel' }).click();
    await report.getByText('CANCELLED').waitFor();
    await list.getByText('CANCELLED').waitFor();
    await report.getByRole('button', { name: 'Try again' }).click();
    await report.getByText('SUCCEEDED').waitFor();
    await expect.poll(() => list.getByText('SUCCEEDED').count()).toBe(2);
    expect(await faults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  },
  120_000,
);

async function serveApp(port: number, alias: Readonly<Record<string, string>>): Promise<AsyncDisposable & { readonly url: string }> {
  const { outputFiles } = await build({
    entryPoints: [join(example, 'main.tsx')],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    // As they are here, not as they were built last.
    alias: { 'job-tickets-client': join(root, 'client/jobTickets.ts'), 'job-tickets-react': join(root, 'react/jobHooks.ts'), ...alias },
  });
  const script = outputFiles[0]?.text ?? '';
  const html = await readFile(join(example, 'index.html'), 'utf8');
  const server = createServer(({ url = '' }, response) => {
    const isScript = url.endsWith('.js');
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' }).end(isScript ? script : html);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
