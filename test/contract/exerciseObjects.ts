/** The promises of an object store, on S3 or in a folder. Its buckets are `files`, and `nowhere`, which does not exist. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { PermanentError } from '../../core/errors.ts';
import type { Author, ObjectEngine } from '../../core/objects.ts';
import { StoppedByTest } from '../../jobs/files/testBucket.ts';

export interface OpenedObjects extends AsyncDisposable {
  readonly objects: ObjectEngine;
  /** Puts an object there as somebody else would, and returns its uri. */
  put(key: string, content: string): Promise<string>;
  /** Of all objects in the bucket. */
  keys(): Promise<readonly string[]>;
}

export const MiB = 1024 ** 2;
export const running = new AbortController().signal;
const author = { jobId: 'job-1', replaces: 'own' } as const satisfies Author;
export const plain = (signal = running) => ({ signal, contentType: 'text/plain', author });

export async function* chunks(count: number, bytes = MiB): AsyncGenerator<Uint8Array, void, undefined> {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(bytes, index);
}

export async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(stream)).toString();
}

export function exerciseObjects(name: string, open: (options?: { readonly maxSourceBytes?: number }) => Promise<OpenedObjects>): void {
  describe(`the objects in ${name}`, () => {
    const read = ({ objects }: OpenedObjects, uri: string): Promise<string> => textOf(objects.read(uri, { signal: running }));

    test('are read with their bytes and how far it is', async () => {
      await using opened = await open();
      const uri = await opened.put('a folder/ünï.txt', 'hello');
      const reported: number[] = [];
      expect(await textOf(opened.objects.read(uri, { signal: running, progress: (percent) => reported.push(percent) }))).toBe('hello');
      expect(reported.at(-1)).toBe(100);
    });

    test('are read when they are empty', async () => {
      await using opened = await open();
      expect(await read(opened, await opened.put('empty', ''))).toBe('');
    });

    test.each([
      ['a bucket that is not allowed', 's3://secrets/key', 'not allowed'],
      ['a file', 'file:///etc/passwd', 'not of the form'],
      ['the metadata service', 'http://169.254.169.254/latest/meta-data', 'not of the form'],
      ['a path that climbs', 's3://files/../secrets/key', 'segments'],
      ['a key with a newline', 's3://files/a\nb', 'not of the form'],
      ['a key with a NUL', 's3://files/a\0b', 'not of the form'],
      ['a key that is too long', `s3://files/${'ä'.repeat(600)}`, 'not of the form'],
      ['no key', 's3://files/', 'not of the form'],
    ])('are refused for good from %s', async (_, uri, complaint) => {
      await using opened = await open();
      await expect(read(opened, uri)).rejects.toBeInstanceOf(PermanentError);
      await expect(read(opened, uri)).rejects.toThrow(complaint);
      await expect(opened.objects.write(uri, ['x'], plain())).rejects.toBeInstanceOf(PermanentError);
      expect(await opened.keys()).toEqual([]);
    });

    test('fail for good, naming the uri, where there is no such object or bucket', async () => {
      await using opened = await open();
      for (const uri of ['s3://files/missing', 's3://nowhere/key']) {
        await expect(read(opened, uri)).rejects.toBeInstanceOf(PermanentError);
        await expect(read(opened, uri)).rejects.toThrow(`${uri} does not exist`);
      }
      await expect(opened.objects.write('s3://nowhere/key', ['x'], plain())).rejects.toBeInstanceOf(PermanentError);
    });

    test('are read up to the largest size allowed, and fail for good with one byte more', async () => {
      await using opened = await open({ maxSourceBytes: 10 });
      expect(await read(opened, await opened.put('ten', '0123456789'))).toHaveLength(10);
      const eleven = await opened.put('eleven', '0123456789x');
      await expect(read(opened, eleven)).rejects.toBeInstanceOf(PermanentError);
      await expect(read(opened, eleven)).rejects.toThrow('s3://files/eleven is larger than 10 bytes');
    });

    test('are written whole, small and large, with their checksum', async () => {
      await using opened = await open();
      for (const count of [0, 3, 8, 21]) {
        const written = await opened.objects.write('s3://files/deep/down/out', chunks(count), plain());
        const content = Buffer.concat(await Array.fromAsync(opened.objects.read('s3://files/deep/down/out', { signal: running })));
        expect(written).toEqual({ bytes: count * MiB, sha256: createHash('sha256').update(content).digest('hex') });
        expect(content.byteLength).toBe(count * MiB);
      }
    });

    test('are written from one large piece of text', async () => {
      await using opened = await open();
      await opened.objects.write('s3://files/out', ['ä'.repeat(9 * MiB)], plain());
      expect(await read(opened, 's3://files/out')).toBe('ä'.repeat(9 * MiB));
    });

    test('are replaced by what a later attempt writes', async () => {
      await using opened = await open();
      const first = await opened.objects.write('s3://files/out', ['same'], plain());
      expect(await opened.objects.write('s3://files/out', ['same'], plain())).toEqual(first);
      expect(await read(opened, 's3://files/out')).toBe('same');
    });

    test.each([
      [
        'another job wrote',
        (opened: OpenedObjects) =>
          opened.objects.write('s3://files/a/out', ['theirs'], { ...plain(), author: { ...author, jobId: 'job-2' } }),
      ],
      ['somebody put there', (opened: OpenedObjects) => opened.put('a/out', 'theirs')],
    ])('are not replaced where %s them: refused for good, before anything of the content is made', async (_what, occupy) => {
      await using opened = await open();
      await occupy(opened);
      let isAskedFor = false;
      function* content(): Generator<string> {
        isAskedFor = true;
        yield 'ours';
      }
      const writing = opened.objects.write('s3://files/a/out', content(), plain());
      await expect(writing).rejects.toBeInstanceOf(PermanentError);
      await expect(writing).rejects.toThrow('s3://files/a/out exists already');
      expect(isAskedFor).toBe(false);
      expect(await read(opened, 's3://files/a/out')).toBe('theirs');
    });

    test('are not replaced by a job that was slower than another: it fails, and its next attempt gets the reason', async () => {
      await using opened = await open();
      const other = { ...plain(), author: { ...author, jobId: 'job-2' } };
      async function* slow(): AsyncGenerator<string, void, undefined> {
        yield 'ours';
        await opened.objects.write('s3://files/out', ['theirs'], other);
      }
      await expect(opened.objects.write('s3://files/out', slow(), plain())).rejects.not.toBeInstanceOf(PermanentError);
      expect(await read(opened, 's3://files/out')).toBe('theirs');
      await expect(opened.objects.write('s3://files/out', ['ours'], plain())).rejects.toBeInstanceOf(PermanentError);
      await opened.objects.write('s3://files/out', ['theirs again'], other);
      expect(await read(opened, 's3://files/out')).toBe('theirs again');
    });

    test('are no longer a job’s own once somebody has put another there', async () => {
      await using opened = await open();
      await opened.objects.write('s3://files/out', ['ours'], plain());
      await opened.put('out', 'edited by hand');
      await expect(opened.objects.write('s3://files/out', ['ours'], plain())).rejects.toBeInstanceOf(PermanentError);
      expect(await read(opened, 's3://files/out')).toBe('edited by hand');
    });

    test('replace whatever is there where the job may', async () => {
      await using opened = await open();
      await opened.put('out', 'somebody’s');
      await opened.objects.write('s3://files/out', ['ours'], { ...plain(), author: { jobId: 'job-1', replaces: 'any' } });
      expect(await read(opened, 's3://files/out')).toBe('ours');
    });

    test('keep what was there, and nothing else, when the content fails half-way', async () => {
      await using opened = await open();
      const problem = new PermanentError('line 7 is bad');
      async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
        yield* chunks(12);
        throw problem;
      }
      await expect(opened.objects.write('s3://files/out', failing(), plain())).rejects.toBe(problem);
      expect(await opened.keys()).toEqual([]);
      await opened.objects.write('s3://files/out', ['before'], plain());
      await expect(opened.objects.write('s3://files/out', failing(), plain())).rejects.toBe(problem);
      expect(await read(opened, 's3://files/out')).toBe('before');
    });

    test('leave nothing behind when the signal fires while they are written', async () => {
      await using opened = await open();
      const stop = new AbortController();
      async function* stopping(): AsyncGenerator<Uint8Array, void, undefined> {
        yield* chunks(12);
        stop.abort(new StoppedByTest());
        yield* chunks(12);
      }
      await expect(opened.objects.write('s3://files/out', stopping(), plain(stop.signal))).rejects.toThrow();
      expect(await opened.keys()).toEqual([]);
    });

    test('are not read on once the signal has fired', async () => {
      await using opened = await open();
      await opened.objects.write('s3://files/long', chunks(4), plain());
      const stop = new AbortController();
      const reading = textOf(
        opened.objects.read('s3://files/long', { signal: stop.signal, progress: () => stop.abort(new StoppedByTest()) }),
      );
      await expect(reading).rejects.toThrow();
    });

    test('fail for good when an output grows beyond ten times the largest source', async () => {
      await using opened = await open({ maxSourceBytes: MiB });
      await expect(opened.objects.write('s3://files/out', chunks(11), plain())).rejects.toBeInstanceOf(PermanentError);
      expect(await opened.keys()).toEqual([]);
    });
  });
}
