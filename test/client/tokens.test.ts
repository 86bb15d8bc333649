import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jwtSecret } from '../browser/tokenFor.ts';
import { openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { clientOf } from './clientOf.ts';

describe.each(['websocket', 'sse'] as const)('tokens over %s', (transport) => {
  let system: ApiSystem;
  beforeAll(async () => {
    system = await openApiSystem({
      environment: { JWT_SECRET: jwtSecret, SOCKET_DRAIN_SECONDS: '0', RECEIVE_WAIT_SECONDS: '1' },
    });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test('one that is missing or wrong is reported as UNAUTHENTICATED, and is not tried again for ever', async () => {
    await using without = clientOf(system.url, { transport });
    await expect(without.createJob({ type: 'simulate_work' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await using fixed = clientOf(system.url, { transport, token: 'wrong' });
    await expect(fixed.cancel('any')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const asked: (string | undefined)[] = [];
    const token = (refused: string | undefined): string => {
      asked.push(refused);
      return `wrong${asked.length}`;
    };
    await using wrong = clientOf(system.url, { transport, token });
    await expect(wrong.watchJob('any').next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(asked).toEqual([undefined, 'wrong1', 'wrong2']);
  });

  test('one that is refused is replaced by a new one from its function, and the call continues, also a cancel', async () => {
    const owner = `refused-${transport}`;
    let cached = await expiredToken(owner);
    let refusals = 0;
    const token = async (refused: string | undefined): Promise<string> => {
      if (refused === cached) {
        refusals += 1;
        cached = await tokenOf(owner, 60);
      }
      return cached;
    };
    await using client = clientOf(system.url, { transport, token });
    const { job } = await client.createJob({ type: 'simulate_work', delaySeconds: 600 });
    expect(refusals).toBe(1);
    cached = await expiredToken(owner);
    await using other = clientOf(system.url, { transport, token });
    expect(await other.cancel(job.jobId)).toMatchObject({ status: 'CANCELLED' });
    expect(refusals).toBe(2);
  });

  test('many calls that are refused together ask for one more token, and all go on', async () => {
    const owner = `together-${transport}`;
    let cached = await expiredToken(owner);
    const token = async (refused: string | undefined): Promise<string> => {
      if (refused === cached) cached = await tokenOf(owner, 60);
      return cached;
    };
    await using client = clientOf(system.url, { transport, token });
    const created = await Promise.all(Array.from({ length: 20 }, () => client.createJob({ type: 'simulate_work', delaySeconds: 600 })));
    expect(new Set(created.map(({ job }) => job.jobId)).size).toBe(20);
  });

  test('a watch continues with a new token each time that one expires', async () => {
    const owner = `expiring-${transport}`;
    let given = 0;
    const token = async (): Promise<string> => {
      given += 1;
      return tokenOf(owner, given < 3 ? 2 : 60);
    };
    await using client = clientOf(system.url, { transport, token });
    const { job } = await client.createJob({ type: 'simulate_work', params: { durationMs: 6000 } });
    const seen: string[] = [];
    for await (const { version, status } of client.watchJob(job.jobId, { afterVersion: 0 })) seen.push(`${version} ${status}`);
    expect(new Set(seen)).toEqual(new Set(['1 PENDING', '2 PROCESSING', '3 SUCCEEDED']));
    expect(given).toBeGreaterThanOrEqual(3);
  });

  test('an error of the function is reported unchanged', async () => {
    await using client = clientOf(system.url, {
      transport,
      token: () => {
        throw new TypeError('signed out');
      },
    });
    await expect(client.job('any')).rejects.toThrow(new TypeError('signed out'));
  });
});

function tokenOf(owner: string, seconds: number): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(owner)
    .setJti(String(performance.now()))
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(jwtSecret));
}

function expiredToken(owner: string): Promise<string> {
  return tokenOf(owner, -60);
}
