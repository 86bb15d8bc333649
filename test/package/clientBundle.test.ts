import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { openApiSystem } from '../e2e/apiSystem.ts';

const client = join(import.meta.dirname, '../../client');
let bundle: string;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [join(client, 'jobTickets.ts')],
    bundle: true,
    minify: true,
    write: false,
    // No module of Node's is there.
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['browser'],
    format: 'iife',
    globalName: 'jobTickets',
    target: 'es2022',
  });
  bundle = outputFiles[0]?.text ?? '';
});

test('the client with graphql-ws is at most 15 KB to a browser, and as large as its README says', async () => {
  const kilobytes = gzipSync(bundle, { level: 9 }).length / 1024;
  expect(kilobytes).toBeLessThanOrEqual(15);
  const readme = await readFile(join(client, 'README.md'), 'utf8');
  expect(readme).toContain(`${Math.ceil(kilobytes)} KB`);
});

test.each(['websocket', 'sse'])('where there is nothing but the web’s own globals, it works over %s', async (transport) => {
  await using system = await openApiSystem({ environment: { SOCKET_DRAIN_SECONDS: '0', RECEIVE_WAIT_SECONDS: '1' } });
  const program = `${bundle}
    (async () => {
      const client = jobTickets.createJobTickets({ url, transport });
      const { job } = await client.createJob({ type: 'simulate_work', params: { payload: 'anywhere' } });
      const statuses = [];
      for await (const { status } of client.watchJob(job.jobId)) statuses.push(status);
      const { result } = await client.waitForJob(job.jobId);
      await client.close();
      return JSON.stringify({ last: statuses.at(-1), payload: result.payload });
    })()`;
  const web = { AbortController, AbortSignal, clearTimeout, crypto, fetch, setTimeout, TextDecoder, URL, WebSocket };
  const answer: unknown = runInNewContext(program, { ...web, url: `${system.url}/graphql`, transport });
  expect(await answer).toBe(JSON.stringify({ last: 'SUCCEEDED', payload: 'anywhere' }));
});
