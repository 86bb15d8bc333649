/** The contract of the object store: sources that handlers read and outputs that they write, as streams. */

/**
 * What a handler is given: the files of its job. Errors name the uri. An error that another attempt would meet again is a
 * PermanentError; throttling and lost connections are not.
 */
export interface ObjectStore {
  /**
   * The bytes of a source. Nothing is requested before the first chunk is read, and the connection is closed when the iteration
   * ends, so a stream that nobody reads costs nothing. A chunk belongs to the reader, who may pass its memory on.
   */
  read(uri: string, options: ReadOptions): AsyncGenerator<Uint8Array, void, undefined>;
  /**
   * Writes an output, all of it or nothing; repeating it is safe. Holds one part of the content in memory. A piece of the
   * content is valid only until the next is asked for: an engine that keeps it copies it.
   */
  write(uri: string, content: ObjectContent, options: WriteOptions): Promise<WrittenObject>;
}

/** The store of all jobs' objects: S3, or a folder. It knows buckets, but no owners: see `objectsOf`. */
export interface ObjectEngine {
  readonly read: ObjectStore['read'];
  write(uri: string, content: ObjectContent, options: WriteOptions & { readonly author: Author }): Promise<WrittenObject>;
}

/** The job that writes. */
export interface Author {
  readonly jobId: string;
  /** What it may replace: the same job's outputs, since an attempt may be repeated; or any object. */
  readonly replaces: 'own' | 'any';
}

export type ObjectContent = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

interface ReadOptions {
  readonly signal: AbortSignal;
  /** Percent of the bytes read so far. */
  readonly progress?: ((percent: number) => void) | undefined;
}

interface WriteOptions {
  readonly signal: AbortSignal;
  readonly contentType: string;
}

export interface WrittenObject {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}
