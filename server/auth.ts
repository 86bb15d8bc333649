/** The caller: the subject of a signed token (RFC 7519), or, where no keys are set, `anonymous` for everybody. */
import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { JobError } from '../core/errors.ts';
import { anonymousOwner } from '../core/objectAccess.ts';
import { ownerOfDeliveries } from '../core/webhook.ts';
import { ConfigError, type Config } from '../runtime/config.ts';
import { createIssuerKeys } from './issuerKeys.ts';
import type { Secret } from '../runtime/secrets.ts';

export interface Identity {
  readonly owner: string;
  /** Sees every owner's jobs. */
  readonly isAdmin: boolean;
  /** May pause, resume and limit what runs: an admin, or everybody on an open server for development. */
  readonly mayOperate: boolean;
  /** The bearer of a watch token may see this one job of the owner’s, and do nothing else. */
  readonly onlyJobId?: string | undefined;
  /** Milliseconds since the epoch, after which the token is no longer valid. */
  readonly expiresAt?: number | undefined;
}

/**
 * Takes what the client sent as `Authorization`, in the header or in a WebSocket's `connectionParams`.
 * @throws {JobError} `UNAUTHENTICATED`.
 */
export type Authenticate = (authorization: string | undefined) => Promise<Identity>;

/**
 * @param jwtSecret what JWT_SECRET_ARN names.
 * @param watcherOf called first; see `watchTokens.ts`.
 * @throws {ConfigError} for production without keys, unless `AUTH=none`, and for settings that contradict each other.
 */
export function createAuthenticate(
  { isProduction, auth }: Pick<Config, 'isProduction' | 'auth'>,
  jwtSecret?: Secret,
  watcherOf: (token: string) => Promise<Identity | undefined> = () => Promise.resolve(undefined),
): Authenticate {
  const { jwksUrl, mode, issuer, audience } = auth;
  const keys = keysOf(auth);
  if (keys.length > 1) throw new ConfigError(`${keys.join(', ')}: set only one of them`);
  if (mode === 'none' && keys.length > 0) throw new ConfigError(`AUTH: is \`none\`, but ${keys.join(', ')} is set`);
  if (isProduction && mode !== 'none' && keys.length === 0) {
    throw new ConfigError('JWKS_URL, JWT_SECRET or JWT_SECRET_ARN: one is needed in production (or AUTH=none, which lets everybody in)');
  }
  const verify = verifierOf({ jwksUrl, secret: sharedSecretOf(auth, jwtSecret) }, definedOf({ issuer, audience }));
  if (verify === undefined) {
    const everybody = { owner: anonymousOwner, isAdmin: false, mayOperate: !isProduction };
    return () => Promise.resolve(everybody);
  }
  return async (authorization) => {
    const token = bearerOf(authorization);
    return (await watcherOf(token)) ?? identityOf(await verify(token));
  };
}

/** The secret of tokens and watch tokens, where it is no key of the issuer's. */
export function sharedSecretOf({ secret }: Pick<Config['auth'], 'secret'>, jwtSecret: Secret | undefined): Secret | undefined {
  return secret === undefined ? jwtSecret : { current: () => secret, renew: () => Promise.resolve(secret) };
}

/** Whether tokens are required. */
export function isKeyed(auth: Keys): boolean {
  return keysOf(auth).length > 0;
}

type Keys = Pick<Config['auth'], 'jwksUrl' | 'secret' | 'secretArn'>;

function keysOf({ jwksUrl, secret, secretArn }: Keys): readonly string[] {
  return Object.entries({ JWKS_URL: jwksUrl, JWT_SECRET: secret, JWT_SECRET_ARN: secretArn }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
}

/** setTimeout fires at once for a longer time: a connection that is open for 24 days ends then, even if its token is valid for longer. */
const maxTimerMs = 2 ** 31 - 1;

/** Calls back when the token expires. Returns the function that cancels this. */
export function onExpiry({ expiresAt }: Identity, expired: () => void): () => void {
  if (expiresAt === undefined) return () => undefined;
  const timer = setTimeout(expired, Math.min(Math.max(expiresAt - Date.now(), 0), maxTimerMs));
  return () => clearTimeout(timer);
}

type Verify = (token: string) => Promise<JWTPayload>;

interface VerifyWith {
  readonly jwksUrl: string | undefined;
  readonly secret: Secret | undefined;
}

/** Each kind of key accepts only its own algorithms: a public key is no HMAC secret, and `none` is never accepted. */
function verifierOf({ jwksUrl, secret }: VerifyWith, expected: JWTVerifyOptions): Verify | undefined {
  const options = { ...expected, requiredClaims: ['sub', 'exp'], clockTolerance: 5 };
  if (secret !== undefined) {
    const algorithms = ['HS256', 'HS384', 'HS512'];
    const verifyWith = (text: string, token: string) => jwtVerify(token, new TextEncoder().encode(text), { ...options, algorithms });
    return async (token) => (await refusing(verifyRenewing(secret, (text) => verifyWith(text, token)))).payload;
  }
  if (jwksUrl === undefined) return undefined;
  const keys = createIssuerKeys({ url: jwksUrl });
  const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
  return async (token) => (await refusing(jwtVerify(token, keys, { ...options, algorithms }))).payload;
}

/** A signature that does not match may be of a newer secret than the one that was last read. */
export async function verifyRenewing<Verified>(secret: Secret, verify: (text: string) => Promise<Verified>): Promise<Verified> {
  const before = secret.current();
  try {
    return await verify(before);
  } catch (error) {
    if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    const renewed = await secret.renew();
    if (renewed === before) throw error;
    return await verify(renewed);
  }
}

const tokenFaults = /^ERR_(JWT|JWS|JWKS_NO_MATCHING_KEY|JWKS_MULTIPLE_MATCHING_KEYS|JOSE_ALG_NOT_ALLOWED|JOSE_NOT_SUPPORTED)/;

/** A wrong token is the client's to correct; that the keys cannot be fetched is not. */
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
    throw new JobError('UNAUTHENTICATED', { message: 'The token has no subject.' });
  if (ownerOfDeliveries(sub) !== undefined)
    throw new JobError('UNAUTHENTICATED', { message: 'The token has a subject that no owner can have.' });
  const isAdmin = [scope, scp].some((claim) => scopesOf(claim).includes('admin'));
  return { owner: sub, isAdmin, mayOperate: isAdmin, expiresAt: exp === undefined ? undefined : exp * 1000 };
}

/** Separated by spaces (RFC 8693), or a list, as some issuers write `scp`. */
function scopesOf(claim: unknown): readonly unknown[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim : [];
}

function definedOf({ issuer, audience }: Pick<Config['auth'], 'issuer' | 'audience'>): JWTVerifyOptions {
  return { ...(issuer === undefined ? {} : { issuer }), ...(audience === undefined ? {} : { audience }) };
}
