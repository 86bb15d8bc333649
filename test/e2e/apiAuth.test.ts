import { createServer } from 'node:http';
import { once } from 'node:events';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../core/config.ts';
import { at, openApiSystem, take, type ApiSystem } from './apiSystem.ts';

const issuer = 'https://issuer.example';
const audience = 'job-tickets';
const keys = await generateKeyPair('RS256', { extractable: true });
const strangers = await generateKeyPair('RS256');
const keyServer = createServer((_request, response) => {
  void exportJWK(keys.publicKey).then((jwk) => response.end(JSON.stringify({ keys: [{ ...jwk, kid: 'k', alg: 'RS256' }] })));
});

let api: ApiSystem;
beforeAll(async () => {
  keyServer.listen(0, '127.0.0.1');
  await once(keyServer, 'listening');
  const address = keyServer.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  api = await openApiSystem({
    works: false,
    environment: { NODE_ENV: 'production', JWKS_URL: `http://127.0.0.1:${address.port}/jwks`, JWT_ISSUER: issuer, JWT_AUDIENCE: audience },
  });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  keyServer.close();
});

const sign = (
  claims: { sub?: string; iss?: string; aud?: string; expiresInSeconds?: number } = {},
  key = keys.privateKey,
): Promise<string> => {
  const { sub = 'alice', iss = issuer, aud = audience, expiresInSeconds = 60 } = claims;
  return new SignJWT({ sub, iss, aud, exp: Math.floor(Date.now() / 1000) + expiresInSeconds })
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .sign(key);
};
const bearer = async (...args: Parameters<typeof sign>): Promise<{ authorization: string }> => ({
  authorization: `Bearer ${await sign(...args)}`,
});
const create = 'mutation { createJob(input: { type: "simulate_work", idempotencyKey: "one" }) { created job { jobId } } }';

describe('with keys set', () => {
  it('answers UNAUTHENTICATED, with status 401, to no token, a bad one, and another’s', async () => {
    const publicKeyAsSecret = new TextEncoder().encode(await exportSPKI(keys.publicKey));
    const claims = { sub: 'alice', iss: issuer, aud: audience, exp: Math.floor(Date.now() / 1000) + 60 };
    const none = [{ alg: 'none' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const bad = [
      '',
      'Bearer',
      'Bearer x',
      `Basic ${await sign()}`,
      `Bearer ${none}.`,
      `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k' }).sign(publicKeyAsSecret)}`,
      ...(await Promise.all([
        bearer({ expiresInSeconds: -60 }),
        bearer({ iss: 'https://other.example' }),
        bearer({ aud: 'other' }),
        bearer({ sub: '' }),
        bearer({}, strangers.privateKey),
      ]).then((headers) => headers.map(({ authorization }) => authorization))),
    ];
    for (const authorization of bad) {
      const { status, body } = await api.request(create, {}, { authorization });
      expect([status, body.errors?.[0]?.extensions['code']]).toEqual([401, 'UNAUTHENTICATED']);
    }
  });

  it('keeps owners apart: another’s job and key are as if they did not exist', async () => {
    const alice = await bearer();
    const bob = await bearer({ sub: 'bob' });
    const jobId = at((await api.request(create, {}, alice)).body, 'data', 'createJob', 'job', 'jobId');
    for (const query of [
      'query ($jobId: ID!) { job(jobId: $jobId) { jobId } }',
      'mutation ($jobId: ID!) { cancelJob(jobId: $jobId) { jobId } }',
      'mutation ($jobId: ID!) { retryJob(jobId: $jobId) { jobId } }',
    ]) {
      const theirs = await api.request(query, { jobId }, bob);
      const nobodys = await api.request(query, { jobId: 'none' }, bob);
      expect(theirs.body).toEqual(nobodys.body);
      expect(theirs.body.errors?.[0]?.extensions['code']).toBe('JOB_NOT_FOUND');
    }
    expect((await api.request('{ jobs { edges { node { jobId } } } }', {}, bob)).body.data).toEqual({ jobs: { edges: [] } });
    expect((await api.request(create, {}, bob)).body).toMatchObject({ data: { createJob: { created: true } } });
  });

  it('lets a socket in with a token in connectionParams, and closes it with 4403 without, or when it expires', async () => {
    const query = '{ jobTypes { name } }';
    const [answer] = await take(api.client({ connectionParams: await bearer() }).iterate({ query }), 1);
    expect(at(answer, 'data', 'jobTypes')).toHaveLength(4);
    expect(await closeCode({})).toBe(4403);
    expect(await closeCode(await bearer({ expiresInSeconds: 1 }))).toBe(4403);
  });

  it('in production tells no schema and no hints, and serves no GraphiQL', async () => {
    const alice = await bearer();
    const introspection = await api.request('{ __schema { queryType { name } } }', {}, alice);
    expect(introspection.body.errors?.[0]?.message).toContain('introspection');
    const hints = await Promise.all([
      api.request('{ jb { jobId } }', {}, alice),
      api.request('query ($f: JobsFilter) { jobs(filter: $f) { edges { cursor } } }', { f: { statu: ['PENDING'] } }, alice),
    ]);
    for (const { body } of hints) expect(body.errors?.[0]?.message).not.toContain('Did you mean');
    expect((await fetch(`${api.url}/graphql`, { headers: { accept: 'text/html' } })).headers.get('content-type') ?? '').not.toContain(
      'html',
    );
    expect((await fetch(`${api.url}/`)).status).toBe(404);
  });
});

describe('the settings of authentication', () => {
  it.each([
    ['none in production', { NODE_ENV: 'production' }],
    ['both kinds of keys', { JWT_SECRET: 's'.repeat(32), JWKS_URL: 'https://issuer.example/jwks' }],
    ['keys and AUTH=none', { JWT_SECRET: 's'.repeat(32), AUTH: 'none' }],
    ['a short secret', { JWT_SECRET: 'short' }],
  ])('refuse to start with %s', async (_name, environment) => {
    await expect(openApiSystem({ works: false, environment })).rejects.toThrow(ConfigError);
  });

  it('open everything in production only when AUTH=none says so', async () => {
    await using open = await openApiSystem({ works: false, environment: { NODE_ENV: 'production', AUTH: 'none' } });
    expect((await open.request(create)).body).toMatchObject({ data: { createJob: { created: true } } });
  });

  it('let the pages of CORS_ORIGINS in', async () => {
    await using open = await openApiSystem({ works: false, environment: { CORS_ORIGINS: 'https://app.example, https://b.example' } });
    const { status, headers } = await open.request('{ __typename }', {}, { origin: 'https://app.example' });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, 'https://app.example']);
    expect((await open.request('{ __typename }', {}, { origin: 'https://c.example' })).status).toBe(403);
  });
});

/** Connects with these params and stays; how the server ends it. */
async function closeCode(connectionParams: object): Promise<number> {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: connectionParams }));
  return Number((await once(socket, 'close'))[0]);
}
