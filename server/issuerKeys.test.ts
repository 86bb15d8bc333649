import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { portOf } from '../test/support/portOf.ts';
import { createIssuerKeys } from './issuerKeys.ts';

const [first, second] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
const setOf = async (keys: Readonly<Record<string, typeof first>>): Promise<string> =>
  JSON.stringify({
    keys: await Promise.all(Object.entries(keys).map(async ([kid, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid }))),
  });
const tokenOf = (kid: string, { privateKey } = first): Promise<string> =>
  new SignJWT({ sub: 'alice' }).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);

let answer: RequestListener;
let fetches = 0;
let now = 0;
const server = createServer((request, response) => {
  fetches += 1;
  answer(request, response);
});
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());
beforeEach(() => {
  fetches = 0;
});

const open = () => createIssuerKeys({ url: `http://127.0.0.1:${portOf(server)}/jwks`, elapsed: () => now, random: () => 1 });

describe('the issuer’s keys', () => {
  test.each<readonly [what: string, answer: RequestListener]>([
    ['an error', (_request, response) => void response.writeHead(503).end()],
    ['what is no JSON', (_request, response) => void response.end('<html>')],
    ['what is no set of keys', (_request, response) => void response.end('{}')],
    ['a body without an end', (_request, response) => void response.end(' '.repeat(300 * 1024))],
    ['nothing', (request) => void request.socket.destroy()],
  ])('are requested again only after a pause that doubles, where the issuer answers with %s', async (_what, failing) => {
    answer = failing;
    const keys = open();
    const token = await tokenOf('one');
    const tryMany = (): Promise<unknown> =>
      Promise.all(Array.from({ length: 100 }, () => expect(jwtVerify(token, keys)).rejects.toThrow()));
    for (let count = 0; count < 3; count += 1) await tryMany();
    expect(fetches).toBe(1);
    now += 1001;
    for (let count = 0; count < 3; count += 1) await tryMany();
    expect(fetches).toBe(2);
    now += 1001;
    await tryMany();
    expect(fetches).toBe(2);
    now += 1001;
    const set = await setOf({ one: first });
    answer = (_request, response) => void response.end(set);
    expect((await jwtVerify(token, keys)).payload.sub).toBe('alice');
    expect(fetches).toBe(3);
  });

  test('are requested once, however many key names a flood of tokens brings', async () => {
    const set = await setOf({ one: first });
    answer = (_request, response) => void response.end(set);
    const keys = open();
    await jwtVerify(await tokenOf('one'), keys);
    for (let count = 0; count < 200; count += 1) await expect(jwtVerify(await tokenOf(`none ${count}`), keys)).rejects.toThrow();
    expect(fetches).toBe(1);
  });

  test('are updated when they rotate', async () => {
    let set = await setOf({ one: first });
    answer = (_request, response) => void response.end(set);
    const keys = open();
    await jwtVerify(await tokenOf('one'), keys);
    set = await setOf({ two: second });
    const later = Date.now() + 31_000;
    const real = Date.now;
    // The clock that jose uses.
    Date.now = () => later;
    try {
      expect((await jwtVerify(await tokenOf('two', second), keys)).payload.sub).toBe('alice');
      await expect(jwtVerify(await tokenOf('one'), keys)).rejects.toThrow();
    } finally {
      Date.now = real;
    }
    expect(fetches).toBe(2);
  });
});
