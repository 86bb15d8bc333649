import { createServer, type Server } from 'node:http';
import { GraphQLError } from 'graphql';
import { afterEach, expect, test } from 'vitest';
import type { ObjectEngine } from '../../core/objects.ts';
import { unlimited } from '../../core/limits/rateLimiter.ts';
import { createConnections } from '../websocket/connections.ts';
import { createDownloads } from './downloads.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A server with one file of `alice`, and the errors that were reported to it. */
async function serve(read: ObjectEngine['read']) {
  const errors: unknown[] = [];
  const connections = createConnections({ maxPerOwner: 1 });
  const downloads = createDownloads({
    findOutput: () => Promise.resolve({ name: 'output', uri: 's3://files/alice/out.jsonl' }),
    objects: { read },
    authenticate: () => Promise.resolve({ owner: 'alice', isAdmin: false, mayOperate: false }),
    limiter: unlimited,
    connections,
    corsOrigins: [],
    mask: (error) => {
      errors.push(error);
      return new GraphQLError('Masked.', { extensions: { code: 'INTERNAL_SERVER_ERROR' } });
    },
    idleMs: 60_000,
  });
  server = createServer((request, response) => void downloads.answer(request, response, 'trace'));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/jobs/1/outputs/output`, errors };
}

test('a file whose read breaks in the middle is cut off, so that it does not look complete, and the error is reported', async () => {
  const { url, errors } = await serve(async function* () {
    yield Buffer.from('first');
    throw new Error('the disk is gone');
  });
  const response = await fetch(url);
  await expect(response.text()).rejects.toThrow();
  expect(errors.map(String)).toEqual(['Error: the disk is gone']);
});

test('a client that leaves in the middle ends the read, causes no error, and frees its place for the next', async () => {
  const ended = Promise.withResolvers<void>();
  const { url, errors } = await serve(async function* (_uri, { signal }) {
    try {
      for (;;) {
        signal.throwIfAborted();
        yield Buffer.alloc(64 * 1024);
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      ended.resolve();
    }
  });
  const leaving = new AbortController();
  const response = await fetch(url, { signal: leaving.signal });
  expect(response.status).toBe(200);
  expect((await fetch(url)).status).toBe(500);
  expect(errors.map(String)).toEqual([expect.stringContaining('At most 1 connections')]);
  leaving.abort();
  await ended.promise;
  await expect.poll(async () => (await fetch(url, { method: 'HEAD' })).status).toBe(200);
  expect(errors).toHaveLength(1);
});
