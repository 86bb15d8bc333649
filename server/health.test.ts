import { describe, expect, it } from 'vitest';
import { createHealth } from './health.ts';

describe('/readyz', () => {
  it('waits for no answer longer than it is told, and says so', async () => {
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

  it('is not ready while the server shuts down, though everything answers; the process still lives', async () => {
    const health = createHealth({ notReady: () => Promise.resolve([]) });
    expect(await health.answer('/readyz')).toMatchObject({ status: 200 });
    health.drain();
    expect(await health.answer('/readyz')).toMatchObject({ status: 503 });
    expect(await health.answer('/healthz')).toMatchObject({ status: 200 });
  });
});

it('leaves every other path alone', () => {
  expect(createHealth({ notReady: () => Promise.resolve([]) }).answer('/healthz/more')).toBeUndefined();
});
