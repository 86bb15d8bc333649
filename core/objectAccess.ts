/**
 * The objects that a job may use: it reads below its owner's folder, `s3://<bucket>/<ownerFolder(owner)>/`, and below what is
 * shared; it writes only below its owner's folder. Checked when a job is handed in, and again by the worker.
 */
import { PermanentError } from './errors.ts';
import type { Job } from './job.ts';
import type { ObjectEngine, ObjectStore } from './objects.ts';
import { ownerFolder } from './ownerFolder.ts';

export interface ObjectAccess {
  /** False where callers are not authenticated: then everybody is `anonymousOwner`, who may use every folder. */
  readonly areOwnersApart: boolean;
  /** May be read by all jobs and written by none: `s3://bucket/prefix/`, with the slash at the end. */
  readonly sharedInputs: readonly string[];
}

/** The owner of all jobs where callers are not authenticated. */
export const anonymousOwner = 'anonymous';

export const objectUses = ['read', 'written'] as const;
export type ObjectUse = (typeof objectUses)[number];

/** What is wrong with it, to follow the uri in a sentence; `undefined` where nothing is. */
export function refusalOf(access: ObjectAccess, owner: string, use: ObjectUse, uri: string): string | undefined {
  if (isFree(access, owner)) return undefined;
  const own = ownPrefix(owner, uri);
  const isShared = access.sharedInputs.some((prefix) => isBelow(uri, prefix));
  // An owner may have the same name as a shared folder.
  if (use === 'read' ? isBelow(uri, own) || isShared : isBelow(uri, own) && !isShared) return undefined;
  const allowed = use === 'read' ? [own, ...access.sharedInputs] : [own];
  return `cannot be ${use}: a job of this owner ${use === 'read' ? 'reads' : 'writes'} below ${allowed.join(', ')} only`;
}

/** The same path in the owner's own folder. */
export function ownUri(owner: string, uri: string): string {
  return uri.replace(bucketOf, () => ownPrefix(owner, uri));
}

/** The objects of one job. Its handler can reach no others. */
export function objectsOf(engine: ObjectEngine, access: ObjectAccess, { jobId, owner }: Pick<Job, 'jobId' | 'owner'>): ObjectStore {
  const author = { jobId, replaces: isFree(access, owner) ? 'any' : 'own' } as const;
  function require(use: ObjectUse, uri: string): void {
    const refusal = refusalOf(access, owner, use, uri);
    if (refusal !== undefined) throw new PermanentError(`${uri} ${refusal}`);
  }
  return {
    async *read(uri, options) {
      require('read', uri);
      yield* engine.read(uri, options);
    },
    async write(uri, content, { signal, contentType }) {
      require('written', uri);
      return engine.write(uri, content, { signal, contentType, author });
    },
  };
}

const bucketOf = /^s3:\/\/[^/]*\//;

function isFree({ areOwnersApart }: ObjectAccess, owner: string): boolean {
  return !areOwnersApart && owner === anonymousOwner;
}

/** In any bucket: the engine knows which buckets there are. */
function ownPrefix(owner: string, uri: string): string {
  return `${bucketOf.exec(uri)?.[0] ?? 's3://bucket/'}${ownerFolder(owner)}/`;
}

function isBelow(uri: string, prefix: string): boolean {
  return uri.length > prefix.length && uri.startsWith(prefix) && !uri.split('/').some((segment) => segment === '.' || segment === '..');
}
