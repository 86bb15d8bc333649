/** The checks of every object store on an output: its size is bounded, and its bytes are counted and hashed while they pass. */
import { createHash } from 'node:crypto';
import { PermanentError } from '../../core/errors.ts';
import type { ObjectContent, WrittenObject } from '../../core/objects.ts';

export interface Measured {
  /** May be read once. Throws a PermanentError where the content is longer than allowed. */
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
  /** Known once all chunks were read. */
  written(): WrittenObject;
}

/** An output may be so many times as large as a source: long column names before many short cells grow quickly. */
export const maxGrowth = 10;

export function measured(content: ObjectContent, uri: string, maxSourceBytes: number): Measured {
  const hash = createHash('sha256');
  const maxBytes = maxGrowth * maxSourceBytes;
  let bytes = 0;
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of content) {
      const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece;
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(uri, maxBytes);
      hash.update(chunk);
      yield chunk;
    }
  }
  return { chunks: chunks(), written: () => ({ bytes, sha256: hash.digest('hex') }) };
}

/** For an output that another job, or somebody else, has written. */
export function existsAlready(uri: string): PermanentError {
  return new PermanentError(`${uri} exists already, and was not written by this job`);
}

export function tooLarge(uri: string, maxBytes: number): PermanentError {
  return new PermanentError(`${uri} is larger than ${maxBytes} bytes, the most that is allowed`);
}
