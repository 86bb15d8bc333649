import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../../core/errors.ts';
import { chunks, MiB, plain, running, textOf } from '../../../test/contract/exerciseObjects.ts';
import { portOf } from '../../../test/support/portOf.ts';
import { createClient, openTestBucket, StoppedByTest } from '../testBucket.ts';
import { createObjectStore } from './objectStore.ts';

describe('reading', () => {
  test('sends nothing to S3 for a uri that is refused', async () => {
    await using bucket = await openTestBucket();
    bucket.sent.length = 0;
    for (const uri of ['s3://secrets/key', 'file:///etc/passwd', 's3://files/../secrets/key', 's3://files/']) {
      await expect(textOf(bucket.objects.read(uri, { signal: running }))).rejects.toBeInstanceOf(PermanentError);
      await expect(bucket.objects.write(uri, ['x'], plain())).rejects.toBeInstanceOf(PermanentError);
    }
    expect(bucket.sent).toEqual([]);
  });

  test('applies the limit while reading from a server that sends no length', async () => {
    await using server = await openServer((response) => response.write('0123456789', () => response.end('x')));
    const objects = createObjectStore({
      s3: createClient(server.url),
      buckets: ['files'],
      maxSourceBytes: 10,
    });
    await expect(textOf(objects.read('s3://files/key', { signal: running }))).rejects.toBeInstanceOf(PermanentError);
  });

  test('fails in a way that can be tried again when the connection breaks or the server does not answer', async () => {
    await using server = await openServer((response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('0123', () => response.destroy());
    });
    await using busy = await openServer((response) => response.writeHead(503).end());
    for (const url of [server.url, busy.url, 'http://127.0.0.1:9']) {
      const objects = createObjectStore({
        s3: createClient(url),
        buckets: ['files'],
        maxSourceBytes: 100,
      });
      const reading = textOf(objects.read('s3://files/key', { signal: running }));
      await expect(reading).rejects.not.toBeInstanceOf(PermanentError);
      await expect(reading).rejects.toThrow('s3://files/key could not be read');
    }
  });

  test('stops waiting for a source that stalls as soon as the signal fires', async () => {
    const stop = new AbortController();
    await using server = await openStallingServer();
    const objects = createObjectStore({ s3: createClient(server.url), buckets: ['files'], maxSourceBytes: 100 });
    const closed = server.connectionClosed();
    const reading = textOf(
      objects.read('s3://files/key', {
        signal: stop.signal,
        progress: () => stop.abort(new StoppedByTest()),
      }),
    );
    await expect(reading).rejects.toThrow();
    await closed;
  });

  test('closes the connection when the reader has seen enough', async () => {
    await using server = await openStallingServer();
    const objects = createObjectStore({ s3: createClient(server.url), buckets: ['files'], maxSourceBytes: 100 });
    const closed = server.connectionClosed();
    for await (const _ of objects.read('s3://files/key', { signal: running })) break;
    await closed;
  });
});

describe('writing', () => {
  test('writes small contents in one command, large ones in parts', async () => {
    await using bucket = await openTestBucket();
    for (const [count, commands] of [
      [0, ['HeadObject', 'PutObject']],
      [3, ['HeadObject', 'PutObject']],
      [8, ['HeadObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']],
      [21, ['HeadObject', 'CreateMultipartUpload', 'UploadPart', 'UploadPart', 'UploadPart', 'CompleteMultipartUpload']],
    ] as const) {
      bucket.sent.length = 0;
      const written = await bucket.objects.write('s3://files/out', chunks(count), plain());
      expect(bucket.sent).toEqual(commands);
      expect(written.bytes).toBe(count * MiB);
    }
  });

  test('cuts one large piece into parts', async () => {
    await using bucket = await openTestBucket();
    bucket.sent.length = 0;
    await bucket.objects.write('s3://files/out', ['ä'.repeat(9 * MiB)], plain());
    expect(bucket.sent.filter((command) => command === 'UploadPart')).toHaveLength(3);
    expect(await bucket.get('s3://files/out')).toBe('ä'.repeat(9 * MiB));
  });

  test('leaves nothing behind when the content fails half-way', async () => {
    await using bucket = await openTestBucket();
    const problem = new PermanentError('line 7 is bad');
    async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* chunks(12);
      throw problem;
    }
    await expect(bucket.objects.write('s3://files/out', failing(), plain())).rejects.toBe(problem);
    expect(bucket.sent.slice(-3)).toEqual(['CreateMultipartUpload', 'UploadPart', 'AbortMultipartUpload']);
    expect(await bucket.keys()).toEqual([]);
  });

  test('leaves nothing behind when the signal fires during a part', async () => {
    const stop = new AbortController();
    await using bucket = await openTestBucket({
      observe: (command) => command === 'UploadPart' && stop.abort(new StoppedByTest()),
    });
    await expect(bucket.objects.write('s3://files/out', chunks(100), plain(stop.signal))).rejects.toThrow();
    expect(bucket.sent.at(-1)).toBe('AbortMultipartUpload');
    expect(await bucket.keys()).toEqual([]);
  });

  test('reads at most one part more of the content than it is sending', async () => {
    let taken = 0;
    const takenAtParts: number[] = [];
    await using bucket = await openTestBucket({
      observe: (command) => command === 'UploadPart' && takenAtParts.push(taken),
    });
    async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of chunks(24)) {
        taken += 1;
        yield chunk;
      }
    }
    await bucket.objects.write('s3://files/out', counted(), plain());
    expect(takenAtParts).toEqual([8, 16, 24]);
  });
});

/** Announces ten bytes, sends four, and nothing more. */
function openStallingServer() {
  return openServer((response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('0123');
  });
}

/** A server that answers wrongly, which no emulator does. */
async function openServer(answer: (response: ServerResponse) => void) {
  const server = createServer((_, response) => answer(response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    async connectionClosed(): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.once('connection', (socket) => socket.once('close', () => resolve()));
      await promise;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
