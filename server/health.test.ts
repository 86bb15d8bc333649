import { describe, expect, it } from 'vitest';
import { createHealth, type UnreadyPart } from './health.ts';

const tableAway: UnreadyPart = { part: 'table', reason: 'TimeoutError' };

describe('/readyz', () => {
  it('waits for an answer no longer than allowed, and says so', async () => {
    const health = createHealth({ notReady: () => new Promise(() => undefined), timeoutMs: 10 });
    expect(await health.answer('/readyz')).toEqual({
      status: 503,
      body: { status: 'not ready', parts: [{ part: 'server', reason: 'no answer within 10 ms' }] },
    });
  });

  it('says why when the check itself fails', async () => {
    const health = createHealth({ notReady: () => Promise.reject(new Error('refused')) });
    expect(await health.answer('/readyz')).toMatchObject({ status: 503, body: { parts: [{ reason: 'refused' }] } });
  });

  it('is not ready before everything has answered once, and stays ready when a part is away later', async () => {
    let away: readonly UnreadyPart[] = [tableAway];
    let asked = 0;
    const notReady = () => {
      asked += 1;
      return Promise.resolve(away);
    };
    const health = createHealth({ notReady });
    expect(await health.answer('/readyz')).toEqual({ status: 503, body: { status: 'not ready', parts: [tableAway] } });
    away = [];
    expect(await health.answer('/readyz')).toEqual({ status: 200, body: { status: 'ready' } });
    away = [tableAway];
    expect(await health.answer('/readyz')).toEqual({ status: 200, body: { status: 'ready' } });
    expect(asked).toBe(2);
    expect(await health.answer('/healthz', true)).toEqual({ status: 200, body: { status: 'alive', away: [tableAway] } });
  });

  it('is not ready while the server shuts down, though everything answers; the process still lives', async () => {
    const health = createHealth({ notReady: () => Promise.resolve([]) });
    expect(await health.answer('/readyz')).toMatchObject({ status: 200 });
    health.drain();
    expect(await health.answer('/readyz')).toMatchObject({ status: 503 });
    expect(await health.answer('/healthz')).toMatchObject({ status: 200 });
  });

  it('is not ready where the shutdown begins during the check', async () => {
    const looking = Promise.withResolvers<readonly UnreadyPart[]>();
    const health = createHealth({ notReady: () => looking.promise });
    const answer = health.answer('/readyz');
    health.drain();
    looking.resolve([]);
    expect(await answer).toMatchObject({ status: 503 });
  });
});

it('leaves every other path alone', () => {
  expect(createHealth({ notReady: () => Promise.resolve([]) }).answer('/healthz/more')).toBeUndefined();
});
