import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStream } from '../support/readStream.ts';
import { WebSocket } from 'ws';
import { ConfigError, parseConfig } from '../../runtime/config.ts';
import { createAuthenticate } from '../../server/auth.ts';
import { at, openApiSystem, take, type ApiSystem } from '../e2e/apiSystem.ts';
import { portOf } from '../support/portOf.ts';
import { post } from './stage.ts';

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
  api = await openApiSystem({
    works: false,
    environment: {
      NODE_ENV: 'production',
      JWKS_URL: `http://127.0.0.1:${portOf(keyServer)}/jwks`,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
    },
  });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  keyServer.close();
});

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const claimsOf = (claims: object = {}) => ({
  sub: 'alice',
  iss: issuer,
  aud: audience,
  exp: Math.floor(Date.now() / 1000) + 60,
  ...claims,
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

/** Tokens as an attacker would try them, by what is wrong with each. */
const badTokens: Readonly<Record<string, () => Promise<string>>> = {
  'no token': () => Promise.resolve(''),
  'no more than the word': () => Promise.resolve('Bearer'),
  'what is no token': () => Promise.resolve('Bearer x'),
  'another scheme': async () => `Basic ${await sign()}`,
  'an expired one': async () => `Bearer ${await sign({ expiresInSeconds: -60 })}`,
  'one of another issuer': async () => `Bearer ${await sign({ iss: 'https://other.example' })}`,
  'one for another audience': async () => `Bearer ${await sign({ aud: 'other' })}`,
  'one that names nobody': async () => `Bearer ${await sign({ sub: '' })}`,
  'one that names half a sign': async () => `Bearer ${await sign({ sub: '\ud800' })}`,
  'one that names the other half': async () => `Bearer ${await sign({ sub: 'alice\udfff' })}`,
  'one signed by a stranger': async () => `Bearer ${await sign({}, strangers.privateKey)}`,
  'one whose claims were changed': async () => {
    const [head, , signature] = (await sign()).split('.');
    return `Bearer ${head}.${encoded(claimsOf({ sub: 'root' }))}.${signature}`;
  },
  'one that is not signed (`alg: none`)': () => Promise.resolve(`Bearer ${encoded({ alg: 'none' })}.${encoded(claimsOf())}.`),
  'one signed with the public key as a secret': async () => {
    const publicKeyAsSecret = new TextEncoder().encode(await exportSPKI(keys.publicKey));
    return `Bearer ${await new SignJWT(claimsOf()).setProtectedHeader({ alg: 'HS256', kid: 'k' }).sign(publicKeyAsSecret)}`;
  },
  'one that brings its own key': async () => {
    const jwk = await exportJWK(strangers.publicKey);
    return `Bearer ${await new SignJWT(claimsOf()).setProtectedHeader({ alg: 'RS256', jwk }).sign(strangers.privateKey)}`;
  },
  'one without an end': async () => {
    const { exp: _exp, ...claims } = claimsOf();
    return `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k' }).sign(keys.privateKey)}`;
  },
};

describe.each(Object.entries(badTokens))('%s', (_what, tokenOf) => {
  it('is answered UNAUTHENTICATED over HTTP and SSE, and closes a socket with 4403', async () => {
    const authorization = await tokenOf();
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const { status, body, headers } = await api.request(create, {}, { authorization, accept });
      expect([status, headers.get('www-authenticate'), body.errors?.[0]?.extensions['code']]).toEqual([401, 'Bearer', 'UNAUTHENTICATED']);
    }
    const stream = await post(
      api,
      { query: 'subscription { jobStatusChanged { version } }' },
      { authorization, accept: 'text/event-stream' },
    );
    expect(await stream.text()).toContain('UNAUTHENTICATED');
    expect(await closeCode({ authorization })).toBe(4403);
  });
});

describe('a token', () => {
  it('in connectionParams lets a socket in, and closes it with 4403 without, or when it expires', async () => {
    const query = '{ jobTypes { name } }';
    const [answer] = await take(api.client({ connectionParams: await bearer() }).iterate({ query }), 1);
    expect(at(answer, 'data', 'jobTypes')).toHaveLength(4);
    expect(await closeCode({})).toBe(4403);
    expect(await closeCode(await bearer({ expiresInSeconds: 1 }))).toBe(4403);
  });

  it('that expires ends what was begun with it: a stream breaks off, a wait reads UNAUTHENTICATED, a socket 4403', async () => {
    const { body } = await api.request(create, {}, await bearer({ sub: 'frank' }));
    const jobId = at(body, 'data', 'createJob', 'job', 'jobId');
    const short = await bearer({ sub: 'frank', expiresInSeconds: 2 });
    const watch = 'subscription ($jobId: ID) { jobStatusChanged(jobId: $jobId) { status } }';
    const streams = [{ jobId }, {}].map((variables) => post(api, { query: watch, variables }, { ...short, accept: 'text/event-stream' }));
    const wait = api.request('query ($jobId: ID!) { waitForJob(jobId: $jobId, timeoutSeconds: 50) { status } }', { jobId }, short);
    for (const stream of await Promise.all(streams)) {
      const { text, isWhole } = await readStream(stream);
      expect(text).not.toMatch(/errors|event: complete/);
      expect(isWhole).toBe(false);
    }
    expect((await wait).body.errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect((await api.request('{ jobTypes { name } }', {}, await bearer({ sub: 'frank' }))).status).toBe(200);
  });

  it.each([
    ['scope', { scope: 'openid admin' }],
    ['scp', { scp: ['openid', 'admin'] }],
  ])('makes an admin by its claim `%s`', async (_claim, claims) => {
    const { body } = await api.request(create, {}, await bearer({ sub: 'grace' }));
    const jobId = at(body, 'data', 'createJob', 'job', 'jobId');
    const admin = await new SignJWT(claimsOf({ sub: 'root', ...claims }))
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .sign(keys.privateKey);
    const read = await api.request('query ($jobId: ID!) { job(jobId: $jobId) { owner } }', { jobId }, { authorization: `Bearer ${admin}` });
    expect(read.body.data).toEqual({ job: { owner: 'grace' } });
  });
});

describe('a server in production', () => {
  it('tells no schema and no hints, and serves no GraphiQL', async () => {
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
  });
});

describe('the settings of authentication', () => {
  it.each([
    ['none in production', { NODE_ENV: 'production' }],
    ['both kinds of keys', { JWT_SECRET: 's'.repeat(32), JWKS_URL: 'https://issuer.example/jwks' }],
    ['keys and AUTH=none', { JWT_SECRET: 's'.repeat(32), AUTH: 'none' }],
    ['a short secret', { JWT_SECRET: 'short' }],
  ])('refuse to start with %s', (_name, environment) => {
    expect(() => createAuthenticate(parseConfig(environment))).toThrow(ConfigError);
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
