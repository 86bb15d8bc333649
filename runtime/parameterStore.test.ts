import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { portOf } from '../test/support/portOf.ts';
import { ConfigError } from './config.ts';
import { readSettings } from './parameterStore.ts';

const request = z.object({ Path: z.string(), WithDecryption: z.boolean(), NextToken: z.string().optional() });

/** Parameter Store's GetParametersByPath, two parameters a page. */
async function startParameterStore(parameters: Readonly<Record<string, string>>) {
  const server = createServer((incoming, response) => {
    void Array.fromAsync(incoming).then((chunks: Buffer[]) => {
      const { Path, NextToken = '0' } = request.parse(JSON.parse(Buffer.concat(chunks).toString()));
      const start = Number(NextToken);
      const all = Object.entries(parameters).filter(([name]) => name.startsWith(`${Path}/`));
      const Parameters = all.slice(start, start + 2).map(([Name, Value]) => ({ Name, Value }));
      const next = start + 2 < all.length ? { NextToken: String(start + 2) } : {};
      response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify({ Parameters, ...next }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${portOf(server)}`, [Symbol.dispose]: () => void server.close() };
}

describe('settings from Parameter Store', () => {
  test('provide what the environment does not name, page by page; the environment takes precedence', async () => {
    using store = await startParameterStore({
      '/job-tickets/prod/JOBS_TABLE': 'Jobs-prod',
      '/job-tickets/prod/QUEUE_PREFIX': 'prod-jobs',
      '/job-tickets/prod/PORT': '8080',
      '/job-tickets/dev/JOBS_TABLE': 'Jobs-dev',
    });
    const config = await readSettings({ CONFIG_SSM_PREFIX: '/job-tickets/prod', AWS_ENDPOINT_URL_SSM: store.url, QUEUE_PREFIX: 'mine' });
    expect(config).toMatchObject({ jobsTable: 'Jobs-prod', queuePrefix: 'mine', port: 8080 });
  });

  test('are checked like all others', async () => {
    using store = await startParameterStore({ '/x/PORT': 'eighty' });
    await expect(readSettings({ CONFIG_SSM_PREFIX: '/x', AWS_ENDPOINT_URL_SSM: store.url })).rejects.toThrow(/^PORT: /);
  });

  test('that the queues and the schedule were made with cannot have another value', async () => {
    using store = await startParameterStore({ '/x/VISIBILITY_TIMEOUT_SECONDS': '30', '/x/SWEEP_INTERVAL_SECONDS': '60', '/x/PORT': '1' });
    const read = (own: Readonly<Record<string, string>>) =>
      readSettings({ CONFIG_SSM_PREFIX: '/x', AWS_ENDPOINT_URL_SSM: store.url, ...own });
    await expect(read({ VISIBILITY_TIMEOUT_SECONDS: '60', SWEEP_INTERVAL_SECONDS: '15' })).rejects.toThrow(
      /^VISIBILITY_TIMEOUT_SECONDS: is 30 in \/x, .*\nSWEEP_INTERVAL_SECONDS: is 60 in \/x, [^\n]*$/,
    );
    expect(await read({ VISIBILITY_TIMEOUT_SECONDS: '30', PORT: '2' })).toMatchObject({ visibilityTimeoutSeconds: 30, port: 2 });
  });

  test('say which setting is to blame when the store does not answer', async () => {
    const away = readSettings({ CONFIG_SSM_PREFIX: '/x', AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:1' });
    await expect(away).rejects.toBeInstanceOf(ConfigError);
    await expect(away).rejects.toThrow(/^CONFIG_SSM_PREFIX: .*\/x/);
  });

  test('are not looked for without a prefix', async () => {
    expect(await readSettings({ PORT: '1' })).toMatchObject({ port: 1 });
  });
});
