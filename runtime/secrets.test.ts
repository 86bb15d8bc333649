import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createAuthenticate } from '../server/auth.ts';
import { secretArn, startSecretsManager } from '../test/support/secretsManager.ts';
import { silentLog } from '../test/support/silentLog.ts';
import { ConfigError, parseConfig } from './config.ts';
import { openSecrets } from './secrets.ts';

const redis = secretArn('Password');
const jwt = secretArn('job-tickets/prod/JWT_SECRET');
const [old, renewed] = ['o'.repeat(32), 'n'.repeat(32)];

const configFor = (url: string, settings: Readonly<Record<string, string>>) =>
  parseConfig({ AWS_ENDPOINT_URL_SECRETS_MANAGER: url, REDIS_URL: 'rediss://cache.example:6380', ...settings });

describe('secrets', () => {
  test('are read at start, each where the settings name one', async () => {
    using manager = await startSecretsManager({ [redis]: 'open sesame' });
    const secrets = await openSecrets({ config: configFor(manager.url, { REDIS_PASSWORD_ARN: redis }), log: silentLog });
    expect(secrets.redisPassword?.current()).toBe('open sesame');
    expect(secrets.jwtSecret).toBeUndefined();
  });

  test('that cannot be read end the start, with the setting’s name', async () => {
    using manager = await startSecretsManager({ [jwt]: 'short' });
    const open = (settings: Readonly<Record<string, string>>) => openSecrets({ config: configFor(manager.url, settings), log: silentLog });
    await expect(open({ REDIS_PASSWORD_ARN: redis })).rejects.toThrow(/^REDIS_PASSWORD_ARN: the secret could not be read: .*can’t find/);
    await expect(open({ REDIS_PASSWORD_ARN: redis })).rejects.toBeInstanceOf(ConfigError);
    await expect(open({ JWT_SECRET_ARN: jwt })).rejects.toThrow(/^JWT_SECRET_ARN: .*at least 32/);
  });

  test('are read again in one call for all refusals, and no more often than every ten seconds', async () => {
    using manager = await startSecretsManager({ [redis]: old });
    const { redisPassword } = await openSecrets({ config: configFor(manager.url, { REDIS_PASSWORD_ARN: redis }), log: silentLog });
    manager.put(redis, renewed);
    expect(redisPassword?.current()).toBe(old);
    expect(await Promise.all([redisPassword?.renew(), redisPassword?.renew()])).toEqual([renewed, renewed]);
    expect(redisPassword?.current()).toBe(renewed);
    manager.put(redis, 'a third');
    expect(await redisPassword?.renew()).toBe(renewed);
    expect(manager.reads()).toBe(2);
  });

  test('stay as they were while Secrets Manager is away', async () => {
    const manager = await startSecretsManager({ [redis]: old });
    const { redisPassword } = await openSecrets({ config: configFor(manager.url, { REDIS_PASSWORD_ARN: redis }), log: silentLog });
    manager[Symbol.dispose]();
    expect(await redisPassword?.renew()).toBe(old);
  });
});

describe('the secret of tokens', () => {
  test('is read again for a signature that does not match, and tokens signed with the old one no longer count', async () => {
    using manager = await startSecretsManager({ [jwt]: old });
    const config = configFor(manager.url, { JWT_SECRET_ARN: jwt });
    const { jwtSecret } = await openSecrets({ config, log: silentLog, renewEveryMs: 0 });
    const authenticate = createAuthenticate(config, jwtSecret);
    expect(await authenticate(await bearer(old))).toMatchObject({ owner: 'alice' });
    await expect(authenticate(await bearer(renewed))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    manager.put(jwt, renewed);
    expect(await authenticate(await bearer(renewed))).toMatchObject({ owner: 'alice' });
    await expect(authenticate(await bearer(old))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('is not read again for tokens that are wrong in another way', async () => {
    using manager = await startSecretsManager({ [jwt]: old });
    const config = configFor(manager.url, { JWT_SECRET_ARN: jwt });
    const { jwtSecret } = await openSecrets({ config, log: silentLog, renewEveryMs: 0 });
    const authenticate = createAuthenticate(config, jwtSecret);
    await expect(authenticate(await bearer(old, -60))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(authenticate('Bearer x.y.z')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(manager.reads()).toBe(1);
  });

  test('cannot be combined with other keys', () => {
    const both = parseConfig({ JWT_SECRET_ARN: jwt, JWKS_URL: 'https://issuer.example/jwks' });
    expect(() => createAuthenticate(both)).toThrow('JWKS_URL, JWT_SECRET_ARN: set only one of them');
  });
});

async function bearer(secret: string, expiresInSeconds = 60): Promise<string> {
  const token = new SignJWT({ sub: 'alice', exp: Math.floor(Date.now() / 1000) + expiresInSeconds });
  return `Bearer ${await token.setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))}`;
}
