import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PermanentError, RetryLaterError } from '../../core/errors.ts';
import { finalStatuses } from '../../core/job.ts';
import type { DeliveryParams, WebhookEndpoint } from '../../core/webhook.ts';
import { newWebhookSecret } from '../../core/webhookSignature.ts';
import { answerWith, openWebhookReceiver, verify, type WebhookReceiver } from '../../test/support/webhookReceiver.ts';
import { createTestJob } from '../../testing/createTestJob.ts';
import { createDeliverWebhook, type DeliverWebhookDeps } from './handler.ts';

let receiver: WebhookReceiver;
beforeAll(async () => {
  receiver = await openWebhookReceiver();
});
afterAll(() => receiver[Symbol.asyncDispose]());

const at = Date.now();
const event: DeliveryParams = {
  endpointId: 'endpoint',
  jobId: '01KB',
  version: 3,
  status: 'SUCCEEDED',
  type: 'simulate_work',
  attempt: 1,
  at,
};

function endpointOf(changes: Partial<WebhookEndpoint> = {}): WebhookEndpoint {
  const secrets = [{ text: newWebhookSecret() }];
  const times = { createdAt: at, since: at, updatedAt: at };
  return {
    endpointId: 'endpoint',
    url: receiver.url,
    statuses: [...finalStatuses],
    workflowStatuses: [],
    tags: [],
    secrets,
    ...times,
    ...changes,
  };
}

function setup(endpoint: WebhookEndpoint | undefined, changes: Partial<DeliverWebhookDeps> = {}) {
  const outcomes: string[] = [];
  const disabled: string[] = [];
  const handler = createDeliverWebhook({
    findEndpoint: () => Promise.resolve(endpoint),
    disable: (_endpointId, reason) => Promise.resolve(void disabled.push(reason)),
    counted: (outcome) => void outcomes.push(outcome),
    now: Date.now,
    privateHosts: [`127.0.0.1:${receiver.port}`, `receiver.test:${receiver.port}`],
    ...changes,
  });
  const stop = new AbortController();
  const job = createTestJob({ signal: stop.signal });
  return { outcomes, disabled, stop, run: () => job.run(handler, event) };
}

async function failureOf(run: () => Promise<unknown>): Promise<unknown> {
  return run().then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a delivery', () => {
  test('is signed so that the standard’s own library verifies it, with a small body that is the same at every try', async () => {
    receiver.answer(answerWith(200));
    const endpoint = endpointOf();
    const { run, outcomes } = setup(endpoint);
    expect(await run()).toEqual({ status: 200 });
    expect(await run()).toEqual({ status: 200 });
    const [first, second] = receiver.received.slice(-2);
    if (first === undefined || second === undefined) throw new Error('it did not come');
    verify(first, endpoint.secrets[0]?.text ?? '');
    expect(() => verify(first, newWebhookSecret())).toThrow('No matching signature');
    expect(first.id).toBe('01KB.3');
    expect(first.event).toEqual({
      type: 'job.succeeded',
      timestamp: new Date(at).toISOString(),
      data: { jobId: '01KB', type: 'simulate_work', status: 'SUCCEEDED', version: 3, attempt: 1 },
    });
    expect(second).toMatchObject({ id: first.id, body: first.body });
    expect(outcomes).toEqual(['delivered', 'delivered']);
  });

  test('is signed with both secrets while one replaces the other, and with only one from then on', async () => {
    receiver.answer(answerWith(204));
    const [next, old] = [newWebhookSecret(), newWebhookSecret()];
    const both = setup(endpointOf({ secrets: [{ text: next }, { text: old, until: Date.now() + 60_000 }] }));
    await both.run();
    const during = receiver.received.at(-1);
    if (during === undefined) throw new Error('it did not come');
    expect(during.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    verify(during, next);
    verify(during, old);
    await setup(endpointOf({ secrets: [{ text: next }, { text: old, until: Date.now() - 1 }] })).run();
    const after = receiver.received.at(-1);
    if (after === undefined) throw new Error('it did not come');
    verify(after, next);
    expect(() => verify(after, old)).toThrow('No matching signature');
  });

  test.each([400, 401, 404, 500, 503])('that is answered %i is tried again', async (status) => {
    receiver.answer(answerWith(status));
    const { run, outcomes } = setup(endpointOf());
    const failure = await failureOf(run);
    expect(failure).toMatchObject({ name: 'Error', message: `The receiver answered ${status}.` });
    expect(outcomes).toEqual(['refused']);
  });

  test('that is answered 410 fails for good, and its endpoint is disabled', async () => {
    receiver.answer(answerWith(410));
    const { run, disabled, outcomes } = setup(endpointOf());
    expect(await failureOf(run)).toBeInstanceOf(PermanentError);
    expect(disabled).toEqual(['Its receiver answered 410 Gone.']);
    expect(outcomes).toEqual(['gone']);
  });

  test.each([
    [429, '120', 120_000],
    [503, '120', 120_000],
    [503, '99999999', 4 * 3_600_000],
  ])('that is answered %i with Retry-After %s is not tried again for %i ms', async (status, retryAfter, retryAfterMs) => {
    receiver.answer(answerWith(status, { 'retry-after': retryAfter }));
    expect(await failureOf(setup(endpointOf()).run)).toMatchObject({ name: 'RetryLaterError', retryAfterMs });
  });

  test('accepts a date in Retry-After, and ignores what is neither a future date nor a number', async () => {
    receiver.answer(answerWith(429, { 'retry-after': new Date(Date.now() + 90_000).toUTCString() }));
    const failure = await failureOf(setup(endpointOf()).run);
    if (!(failure instanceof RetryLaterError)) throw new Error('the endpoint is not left alone');
    expect(failure.retryAfterMs).toBeGreaterThan(80_000);
    expect(failure.retryAfterMs).toBeLessThanOrEqual(90_000);
    for (const odd of ['soon', '-5', '0', new Date(0).toUTCString()]) {
      receiver.answer(answerWith(429, { 'retry-after': odd }));
      expect(await failureOf(setup(endpointOf()).run)).not.toBeInstanceOf(RetryLaterError);
    }
  });

  test('follows no redirect', async () => {
    const before = receiver.received.length;
    receiver.answer(answerWith(307, { location: receiver.url }));
    expect(await failureOf(setup(endpointOf()).run)).toMatchObject({
      message: 'The receiver answered 307: redirects are not followed.',
    });
    expect(receiver.received).toHaveLength(before + 1);
  });

  test('does not wait for an answer that comes byte by byte', async () => {
    receiver.answer((response) => {
      response.writeHead(200).write('a');
      const drip = setInterval(() => response.write('a'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const { run, outcomes } = setup(endpointOf(), { timeoutMs: 150 });
    expect(await failureOf(run)).toMatchObject({ message: 'no whole answer within 0.15 s' });
    expect(outcomes).toEqual(['timeout']);
  });

  test('does not wait for an answer that never begins', async () => {
    receiver.answer(() => undefined);
    const { run, outcomes } = setup(endpointOf(), { timeoutMs: 100 });
    expect(await failureOf(run)).toMatchObject({ name: 'NoAnswerInTime' });
    expect(outcomes).toEqual(['timeout']);
  });

  test('reads no more than it needs of an endless answer', async () => {
    const closed = Promise.withResolvers<void>();
    receiver.answer((response) => {
      response.writeHead(200);
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(65_536), () => more());
      };
      response.on('close', closed.resolve);
      more();
    });
    expect(await setup(endpointOf()).run()).toEqual({ status: 200 });
    await closed.promise;
  });

  test('sends nothing to an endpoint that is gone or disabled', async () => {
    const before = receiver.received.length;
    const gone = setup(undefined);
    expect(await failureOf(gone.run)).toMatchObject({ name: 'PermanentError', message: 'The endpoint was deleted.' });
    const off = setup(endpointOf({ disabled: { at, reason: 'Its owner disabled it.' } }));
    expect(await failureOf(off.run)).toMatchObject({ message: 'The endpoint is disabled: Its owner disabled it.' });
    expect([...gone.outcomes, ...off.outcomes]).toEqual(['deleted', 'disabled']);
    expect(receiver.received).toHaveLength(before);
  });

  test('ends with its signal', async () => {
    receiver.answer(() => undefined);
    const { run, stop, outcomes } = setup(endpointOf());
    const reason = new Error('stopped by the test');
    const failure = failureOf(run);
    stop.abort(reason);
    expect(await failure).toBe(reason);
    expect(outcomes).toEqual([]);
  });
});

describe('where a delivery goes', () => {
  const never = { resolve: () => Promise.reject(new Error('a name was resolved')) };

  test.each([
    'http://example.com/hook',
    'https://127.0.0.1/hook',
    'https://0x7f.1/hook',
    'https://2130706433/hook',
    'https://[::1]/hook',
    'https://[::ffff:10.0.0.1]/hook',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://localhost/',
    'https://user:secret@example.com/',
    'ftp://example.com/',
    'no address',
  ])('never to %s', async (url) => {
    const { run, outcomes } = setup(endpointOf({ url }), never);
    expect(await failureOf(run)).toMatchObject({ name: 'AddressRefused' });
    expect(outcomes).toEqual(['private_address']);
  });

  test.each([
    ['10.0.0.1', '93.184.215.14'],
    ['93.184.215.14', '::ffff:169.254.169.254'],
    ['::1'],
    ['fe80::1'],
    ['64:ff9b::a00:1'],
    ['2002:7f00:1::'],
  ])('not to a name of which one address is private, as %s', async (...addresses) => {
    const resolve = () => Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
    const { run } = setup(endpointOf({ url: `https://rebound.test:${receiver.port}/` }), { resolve });
    expect(await failureOf(run)).toMatchObject({ name: 'AddressRefused', message: 'rebound.test has a private address' });
  });

  test('to the checked address, though the name resolves to another one a moment later', async () => {
    receiver.answer(answerWith(204));
    const asked: string[] = [];
    // The first answer is checked and called; a second one, which must not be asked for, differs.
    const resolve = (name: string) => {
      asked.push(name);
      return Promise.resolve([{ address: asked.length === 1 ? '127.0.0.1' : '192.0.2.1', family: 4 }]);
    };
    const { run } = setup(endpointOf({ url: `http://receiver.test:${receiver.port}/hook` }), { resolve });
    expect(await run()).toEqual({ status: 204 });
    expect(asked).toEqual(['receiver.test']);
  });

  test('to a host that the setting names, and to no other port of it', async () => {
    receiver.answer(answerWith(204));
    expect(await setup(endpointOf()).run()).toEqual({ status: 204 });
    const other = setup(endpointOf({ url: receiver.url.replace(String(receiver.port), '1') }), never);
    expect(await failureOf(other.run)).toMatchObject({ name: 'AddressRefused' });
  });
});
