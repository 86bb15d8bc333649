/** Parses `s3://bucket/key` and checks it against the buckets that handlers may use. */
import { PermanentError } from '../../core/errors.ts';

export interface ObjectLocation {
  readonly Bucket: string;
  readonly Key: string;
}

/** S3's own limit on a key. */
const maxKeyBytes = 1024;
const shape = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/s;
const controlCharacter = /\p{Cc}/u;

/**
 * Sends nothing to S3. The API's schema refuses such uris too; this check is for jobs that came another way.
 *
 * @throws {PermanentError} for anything but an object in one of `buckets`.
 */
export function locate(uri: string, buckets: readonly string[]): ObjectLocation {
  const [, bucket, key] = shape.exec(uri) ?? [];
  if (bucket === undefined || key === undefined || controlCharacter.test(key) || Buffer.byteLength(key) > maxKeyBytes) {
    throw new PermanentError(`${JSON.stringify(uri)} is not of the form s3://bucket/key`);
  }
  if (key.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new PermanentError(`${uri} has . or .. segments, which is not allowed`);
  }
  if (!buckets.includes(bucket)) throw new PermanentError(`${uri} is in a bucket that is not allowed`);
  return { Bucket: bucket, Key: key };
}
