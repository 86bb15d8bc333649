/** Who is calling: the subject of a signed token (RFC 7519), or, where no keys are set, everybody as `anonymous`. */
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { JobError } from '../core/errors.ts';
import { ConfigError, type Config } from '../runtime/config.ts';

export interface Identity {
  readonly owner: string;
  /** Sees every owner's jobs. */
  readonly isAdmin: boolean;
  /** Whoever has a watch token sees this one job of the owner’s, and does nothing. */
  readonly onlyJobId?: string | undefined;
  /** Milliseconds since the epoch, after which the token no longer counts. */
  readonly expiresAt?: number | undefined;
}

/**
 * Takes what the client sent as `Authorization`, in the header or in a WebSocket's `connectionParams`.
 * @throws {JobError} `UNAUTHENTICATED`.
 */
export type Authenticate = (authorization: string | undefined) => Promise<Identity>;

/** @throws {ConfigError} for production without keys, unless `AUTH=none`, and for settings that contradict each other. */
export function createAuthenticate(
  { isProduction, auth }: Pick<Config, 'isProduction' | 'auth'>,
  watcherOf: (token: string) => Promise<Identity | undefined> = () => Promise.resolve(undefined),
): Authenticate {
  const { jwksUrl, secret, mode, issuer, audience } = auth;
  const keyed = isKeyed(auth);
  if (jwksUrl !== undefined && secret !== undefined) throw new ConfigError('JWKS_URL, JWT_SECRET: set one of them, not both');
  if (mode === 'none' && keyed) throw new ConfigError('AUTH: is `none`, but JWKS_URL or JWT_SECRET is set');
  if (isProduction && mode !== 'none' && !keyed) {
    throw new ConfigError('JWKS_URL or JWT_SECRET: one is needed in production (or AUTH=none, which lets everybody in)');
  }
  const verify = verifierOf({ jwksUrl, secret }, definedOf({ issuer, audience }));
  if (verify === undefined) return () => Promise.resolve({ owner: 'anonymous', isAdmin: false });
  return async (authorization) => {
    const token = bearerOf(authorization);
    return (await watcherOf(token)) ?? identityOf(await verify(token));
  };
}

/** Whether tokens are asked for. */
export function isKeyed({ jwksUrl, secret }: Pick<Config['auth'], 'jwksUrl' | 'secret'>): boolean {
  return jwksUrl !== undefined || secret !== undefined;
}

/** setTimeout fires at once for more: what is open for 24 days ends then, however long its token lives. */
const maxTimerMs = 2 ** 31 - 1;

/** Calls back when the token expires. Answers the function that calls this off. */
export function onExpiry({ expiresAt }: Identity, expired: () => void): () => void {
  if (expiresAt === undefined) return () => undefined;
  const timer = setTimeout(expired, Math.min(Math.max(expiresAt - Date.now(), 0), maxTimerMs));
  return () => clearTimeout(timer);
}

type Verify = (token: string) => Promise<JWTPayload>;

/** Each kind of key takes its own algorithms only: a public key is no HMAC secret, and `none` is never one of them. */
function verifierOf({ jwksUrl, secret }: Pick<Config['auth'], 'jwksUrl' | 'secret'>, expected: JWTVerifyOptions): Verify | undefined {
  const options = { ...expected, requiredClaims: ['sub', 'exp'], clockTolerance: 5 };
  if (secret !== undefined) {
    const key = new TextEncoder().encode(secret);
    return async (token) => (await refusing(jwtVerify(token, key, { ...options, algorithms: ['HS256', 'HS384', 'HS512'] }))).payload;
  }
  if (jwksUrl === undefined) return undefined;
  const keys = createRemoteJWKSet(new URL(jwksUrl));
  const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
  return async (token) => (await refusing(jwtVerify(token, keys, { ...options, algorithms }))).payload;
}

const tokenFaults = /^ERR_(JWT|JWS|JWKS_NO_MATCHING_KEY|JWKS_MULTIPLE_MATCHING_KEYS|JOSE_ALG_NOT_ALLOWED|JOSE_NOT_SUPPORTED)/;

/** What is wrong with the token is the client's to mend; that its keys cannot be fetched is not. */
async function refusing<Verified>(verified: Promise<Verified>): Promise<Verified> {
  try {
    return await verified;
  } catch (error) {
    if (!(error instanceof errors.JOSEError) || !tokenFaults.test(error.code)) throw error;
    throw new JobError('UNAUTHENTICATED', {
      message: error instanceof errors.JWTExpired ? 'The token has expired.' : 'The token is not valid.',
    });
  }
}

function bearerOf(authorization: string | undefined): string {
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new JobError('UNAUTHENTICATED');
  return token;
}

function identityOf({ sub, exp, scope, scp }: JWTPayload): Identity {
  if (typeof sub !== 'string' || sub === '' || sub.length > 255 || !sub.isWellFormed())
    throw new JobError('UNAUTHENTICATED', { message: 'The token names no subject.' });
  const isAdmin = [scope, scp].some((claim) => scopesOf(claim).includes('admin'));
  return { owner: sub, isAdmin, expiresAt: exp === undefined ? undefined : exp * 1000 };
}

/** Separated by spaces (RFC 8693), or a list, as some issuers write `scp`. */
function scopesOf(claim: unknown): readonly unknown[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim : [];
}

function definedOf({ issuer, audience }: Pick<Config['auth'], 'issuer' | 'audience'>): JWTVerifyOptions {
  return { ...(issuer === undefined ? {} : { issuer }), ...(audience === undefined ? {} : { audience }) };
}
