/**
 * Tokens that let their bearer watch one job and nothing else, signed by the servers themselves: a backend gives them to
 * browsers. Their key is never that of the owners' tokens, and neither kind is accepted as the other.
 */
import { createHmac } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import { JobError } from '../core/errors.ts';
import type { Config } from '../runtime/config.ts';
import type { Secret } from '../runtime/secrets.ts';
import type { WatchTokenRequest } from '../schema/index.ts';
import { sharedSecretOf, verifyRenewing, type Identity } from './auth.ts';

export interface WatchTokens {
  sign(request: WatchTokenRequest): Promise<string>;
  /** `undefined`: it is not a watch token. @throws {JobError} `UNAUTHENTICATED` for one that is not valid, or has expired. */
  identityOf(token: string): Promise<Identity | undefined>;
}

/** In the token's header, so that its kind is known before its key is chosen. */
const type = 'job-tickets-watch+jwt';
const algorithm = 'HS256';

/** `undefined` where there is no secret to sign with. */
export function createWatchTokens(auth: Pick<Config['auth'], 'watchTokenSecret' | 'secret'>, jwtSecret?: Secret): WatchTokens | undefined {
  const from = sharedSecretOf({ secret: auth.watchTokenSecret ?? auth.secret }, jwtSecret);
  if (from === undefined) return undefined;
  return {
    sign: ({ owner, jobId, expiresAt }) =>
      new SignJWT({ job: jobId })
        .setProtectedHeader({ alg: algorithm, typ: type })
        .setSubject(owner)
        .setExpirationTime(Math.floor(expiresAt / 1000))
        .sign(keyFrom(from.current())),
    async identityOf(token) {
      if (typeOf(token) !== type) return undefined;
      const options = { algorithms: [algorithm], typ: type, requiredClaims: ['sub', 'exp', 'job'] };
      const verified = await verifyRenewing(from, (text) => jwtVerify(token, keyFrom(text), options)).catch(refuse);
      const { sub = '', exp = 0, job } = verified.payload;
      return { owner: sub, isAdmin: false, mayOperate: false, onlyJobId: String(job), expiresAt: exp * 1000 };
    },
  };
}

function keyFrom(secret: string): Uint8Array {
  return new Uint8Array(createHmac('sha256', secret).update(type).digest());
}

function refuse(error: unknown): never {
  const message = error instanceof errors.JWTExpired ? 'The token has expired.' : 'The token is not valid.';
  throw new JobError('UNAUTHENTICATED', { message });
}

function typeOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).typ;
  } catch {
    return undefined;
  }
}
