import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../../core/errors.ts';
import { portOf } from '../../../test/support/portOf.ts';
import { createClient, openTestBucket, StoppedByTest } from '../testBucket.ts';
import { createObjectStore } from './objectStore.ts';

const running = new AbortController().signal;
const plain = (signal = running) => ({ signal, contentType: 'text/plain' });
const MiB = 1024 ** 2;

async function* chunks(count: number, bytes = MiB): AsyncGenerator<Uint8Array, void, undefined> {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(bytes, index);
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(stream)).toString();
}

describe('reading', () => {
  test('gives the bytes and how far it is', async () => {
    await using bucket = await openTestBucket();
    const uri = await bucket.put('a folder/ünï.txt', 'hello');
    const reported: number[] = [];
    expect(
      await textOf(
        bucket.objects.read(uri, {
          signal: running,
          progress: (percent) => reported.push(percent),
        }),
      ),
    ).toBe('hello');
    expect(reported.at(-1)).toBe(100);
  });

  test.each([
    ['a bucket that is not allowed', 's3://secrets/key', 'not allowed'],
    ['a file', 'file:///etc/passwd', 'not of the form'],
    ['the metadata service', 'http://169.254.169.254/latest/meta-data', 'not of the form'],
    ['a path that climbs', 's3://files/../secrets/key', 'segments'],
    ['a key with a newline', 's3://files/a\nb', 'not of the form'],
    ['a key that is too long', `s3://files/${'ä'.repeat(600)}`, 'not of the form'],
    ['no key', 's3://files/', 'not of the form'],
  ])('refuses %s for good and asks nothing of S3', async (_, uri, complaint) => {
    await using bucket = await openTestBucket();
    bucket.sent.length = 0;
    const reading = textOf(bucket.objects.read(uri, { signal: running }));
    await expect(reading).rejects.toBeInstanceOf(PermanentError);
    await expect(reading).rejects.toThrow(complaint);
    await expect(bucket.objects.write(uri, ['x'], plain())).rejects.toBeInstanceOf(PermanentError);
    expect(bucket.sent).toEqual([]);
  });

  test('fails for good, naming the uri, when there is no such object or bucket', async () => {
    await using bucket = await openTestBucket();
    const objects = createObjectStore({
      s3: bucket.s3,
      buckets: ['files', 'nowhere'],
      maxSourceBytes: 1,
    });
    for (const uri of ['s3://files/missing', 's3://nowhere/key']) {
      const reading = textOf(objects.read(uri, { signal: running }));
      await expect(reading).rejects.toBeInstanceOf(PermanentError);
      await expect(reading).rejects.toThrow(`${uri} does not exist`);
    }
    await expect(objects.write('s3://nowhere/key', ['x'], plain())).rejects.toBeInstanceOf(PermanentError);
  });

  test('takes a source of the largest size allowed and fails for good on one byte more', async () => {
    await using bucket = await openTestBucket({ maxSourceBytes: 10 });
    expect(await textOf(bucket.objects.read(await bucket.put('ten', '0123456789'), { signal: running }))).toHaveLength(10);
    const reading = textOf(bucket.objects.read(await bucket.put('eleven', '0123456789x'), { signal: running }));
    await expect(reading).rejects.toBeInstanceOf(PermanentError);
    await expect(reading).rejects.toThrow('s3://files/eleven is larger than 10 bytes');
  });

  test('holds the limit while reading from a server that names no length', async () => {
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

  test('lets go of a source that stalls as soon as the signal fires', async () => {
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
  test('writes small and large contents whole, with their checksum', async () => {
    await using bucket = await openTestBucket();
    for (const [count, commands] of [
      [0, ['PutObject']],
      [3, ['PutObject']],
      [8, ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']],
      [21, ['CreateMultipartUpload', 'UploadPart', 'UploadPart', 'UploadPart', 'CompleteMultipartUpload']],
    ] as const) {
      bucket.sent.length = 0;
      const written = await bucket.objects.write('s3://files/out', chunks(count), plain());
      expect(bucket.sent).toEqual(commands);
      const content = Buffer.concat(await Array.fromAsync(bucket.objects.read('s3://files/out', { signal: running })));
      expect(written).toEqual({
        bytes: count * MiB,
        sha256: createHash('sha256').update(content).digest('hex'),
      });
      expect(content.byteLength).toBe(count * MiB);
    }
  });

  test('cuts one large piece into parts', async () => {
    await using bucket = await openTestBucket();
    bucket.sent.length = 0;
    await bucket.objects.write('s3://files/out', ['ä'.repeat(9 * MiB)], plain());
    expect(bucket.sent.filter((command) => command === 'UploadPart')).toHaveLength(3);
    expect(await bucket.get('s3://files/out')).toBe('ä'.repeat(9 * MiB));
  });

  test('replaces what an earlier attempt wrote', async () => {
    await using bucket = await openTestBucket();
    const first = await bucket.objects.write('s3://files/out', ['same'], plain());
    expect(await bucket.objects.write('s3://files/out', ['same'], plain())).toEqual(first);
    expect(await bucket.get('s3://files/out')).toBe('same');
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

  test('takes no more of the content than one part ahead of what is sent', async () => {
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

  test('fails for good when the output grows beyond ten times the largest source', async () => {
    await using bucket = await openTestBucket({ maxSourceBytes: MiB });
    await expect(bucket.objects.write('s3://files/out', chunks(11), plain())).rejects.toBeInstanceOf(PermanentError);
    expect(await bucket.keys()).toEqual([]);
  });
});

/** Promises ten bytes, sends four, and says no more. */
function openStallingServer() {
  return openServer((response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('0123');
  });
}

/** A server that answers badly, as no emulator does. */
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
