/**
 * Which objects a job may touch: it reads below its owner's folder, `s3://<bucket>/<ownerFolder(owner)>/`, and below what
 * is shared; it writes below its owner's folder alone. Asked when a job is handed in, and again by the worker.
 */
import { PermanentError } from './errors.ts';
import type { Job } from './job.ts';
import type { ObjectEngine, ObjectStore } from './objects.ts';
import { ownerFolder } from './ownerFolder.ts';

export interface ObjectAccess {
  /** False where nobody is told apart: then `anonymousOwner`, who is everybody, may go everywhere. */
  readonly areOwnersApart: boolean;
  /** Readable by the jobs of all, and written by none: `s3://bucket/prefix/`, with the slash at the end. */
  readonly sharedInputs: readonly string[];
}

/** The owner of all jobs where nobody is told apart. */
export const anonymousOwner = 'anonymous';

export const objectUses = ['read', 'written'] as const;
export type ObjectUse = (typeof objectUses)[number];

/** What is wrong with it, to be said after the uri; `undefined` where nothing is. */
export function refusalOf(access: ObjectAccess, owner: string, use: ObjectUse, uri: string): string | undefined {
  if (isFree(access, owner)) return undefined;
  const own = ownPrefix(owner, uri);
  const isShared = access.sharedInputs.some((prefix) => isBelow(uri, prefix));
  // Somebody may be called as a shared folder is.
  if (use === 'read' ? isBelow(uri, own) || isShared : isBelow(uri, own) && !isShared) return undefined;
  const allowed = use === 'read' ? [own, ...access.sharedInputs] : [own];
  return `cannot be ${use}: a job of this owner ${use === 'read' ? 'reads' : 'writes'} below ${allowed.join(', ')} only`;
}

/** The same place in the owner's own folder. */
export function ownUri(owner: string, uri: string): string {
  return uri.replace(bucketOf, () => ownPrefix(owner, uri));
}

/** The objects of one job, which whatever its handler asks for cannot leave. */
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

/** In whichever bucket: the engine knows which there are. */
function ownPrefix(owner: string, uri: string): string {
  return `${bucketOf.exec(uri)?.[0] ?? 's3://bucket/'}${ownerFolder(owner)}/`;
}

function isBelow(uri: string, prefix: string): boolean {
  return uri.length > prefix.length && uri.startsWith(prefix) && !uri.split('/').some((segment) => segment === '.' || segment === '..');
}
