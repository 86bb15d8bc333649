/** The files of a test job, in memory, by URI. */
import { createHash } from 'node:crypto';
import { PermanentError } from '../core/errors.ts';
import type { ObjectStore } from '../core/objects.ts';

export interface MemoryFiles {
  readonly objects: ObjectStore;
  textOf(uri: string): string | undefined;
}

const chunkBytes = 64 * 1024;

export function createMemoryFiles(given: Readonly<Record<string, string | Uint8Array>> = {}): MemoryFiles {
  const files = new Map(Object.entries(given).map(([uri, content]) => [uri, Buffer.from(content)]));
  const objects: ObjectStore = {
    async *read(uri, { signal, progress }) {
      const bytes = files.get(uri);
      if (bytes === undefined) throw new PermanentError(`${uri} does not exist: give it to the test job as one of its \`files\``);
      for (let from = 0; from < bytes.length; from += chunkBytes) {
        signal.throwIfAborted();
        // A copy: the reader may change a chunk.
        yield Uint8Array.from(bytes.subarray(from, from + chunkBytes));
        progress?.((100 * Math.min(bytes.length, from + chunkBytes)) / bytes.length);
      }
    },
    async write(uri, content, { signal }) {
      const pieces: Buffer[] = [];
      for await (const piece of content) {
        signal.throwIfAborted();
        pieces.push(Buffer.from(piece));
      }
      const bytes = Buffer.concat(pieces);
      files.set(uri, bytes);
      return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    },
  };
  return { objects, textOf: (uri) => files.get(uri)?.toString('utf8') };
}
