import { JobTicketsError, type ConnectionState, type JobStatusEvent } from 'job-tickets-client';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { openApiSystem, type ApiSystem } from '../e2e/apiSystem.ts';
import { clientOf } from './clientOf.ts';

describe.each(['websocket', 'sse'] as const)('the typed client over %s', (transport) => {
  let system: ApiSystem;
  beforeAll(async () => {
    system = await openApiSystem({ environment: { SOCKET_DRAIN_SECONDS: '0', RECEIVE_WAIT_SECONDS: '1' } });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test('hands in a job, watches it to its end, and waits for its result', async () => {
    await using client = clientOf(system.url, { transport });
    const { job, created } = await client.createJob({ type: 'simulate_work', params: { durationMs: 300, payload: { answer: 42 } } });
    expect(created).toBe(true);
    const events: JobStatusEvent[] = [];
    for await (const event of client.watchJob(job.jobId, { afterVersion: 0 })) events.push(event);
    expect(events.map(({ version, status }) => `${version} ${status}`)).toEqual(['1 PENDING', '2 PROCESSING', '3 SUCCEEDED']);
    const { status, result } = await client.waitForJob<'simulate_work'>(job.jobId);
    expectTypeOf(result?.attempts).toEqualTypeOf<number | undefined>();
    expect({ status, result }).toMatchObject({ status: 'SUCCEEDED', result: { attempts: 1, payload: { answer: 42 } } });
  });

  test('gives the same job for the same key', async () => {
    await using client = clientOf(system.url, { transport });
    const input = { type: 'simulate_work', idempotencyKey: `the-same-${transport}` } as const;
    const [first, second] = [await client.createJob(input), await client.createJob(input)];
    expect(second).toMatchObject({ created: false, job: { jobId: first.job.jobId } });
  });

  test('refuses at compile time what the type does not take, and tells where the API found it', async () => {
    await using client = clientOf(system.url, { transport });
    const creating = client.createJob({
      type: 'simulate_work',
      // @ts-expect-error: it is a number.
      params: { durationMs: 'long' },
    });
    const error: unknown = await creating.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobTicketsError);
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', details: { path: ['params', 'durationMs'] } });
  });

  test('cancels, and retries what was cancelled', async () => {
    await using client = clientOf(system.url, { transport });
    const { job } = await client.createJob({ type: 'simulate_work', delaySeconds: 600 });
    expect(await client.cancel(job.jobId)).toMatchObject({ status: 'CANCELLED' });
    expect(await client.retry(job.jobId)).toMatchObject({ generation: 2 });
    expect(await client.waitForJob(job.jobId)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('says at once that there is no such job', async () => {
    await using client = clientOf(system.url, { transport });
    const jobId = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
    await expect(client.watchJob(jobId).next()).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    await expect(client.waitForJob(jobId)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  test('gives up when its signal says so, with the signal’s reason, and leaves nothing open', async () => {
    await using client = clientOf(system.url, { transport });
    const { job } = await client.createJob({ type: 'simulate_work', delaySeconds: 600 });
    const giveUp = new AbortController();
    const watch = client.watchJob(job.jobId, { signal: giveUp.signal });
    expect((await watch.next()).value).toMatchObject({ status: 'PENDING' });
    const next = watch.next();
    giveUp.abort(new Error('had enough'));
    await expect(next).rejects.toThrow('had enough');
    await expect(client.waitForJob(job.jobId, { signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/);
  });

  test('ends its watches when it is closed, and may be closed twice', async () => {
    const client = clientOf(system.url, { transport });
    const { job } = await client.createJob({ type: 'simulate_work', delaySeconds: 600 });
    const watch = client.watchJob(job.jobId);
    await watch.next();
    const next = watch.next();
    await client.close();
    await client.close();
    await expect(next).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  });
});

test('keeps its connection for the next call for as long as configured, and then opens another', async () => {
  await using system = await openApiSystem({ environment: { SOCKET_DRAIN_SECONDS: '0', RECEIVE_WAIT_SECONDS: '1' } });
  const states: Record<'short' | 'long', ConnectionState[]> = { short: [], long: [] };
  await using long = clientOf(system.url, { keepMs: 60_000, onState: (state) => states.long.push(state) });
  await using short = clientOf(system.url, { keepMs: 10, onState: (state) => states.short.push(state) });
  const input = { type: 'simulate_work', idempotencyKey: 'kept' } as const;
  await long.createJob(input);
  await short.createJob(input);
  await expect.poll(() => states.short).toEqual(['connecting', 'open', 'idle']);
  await long.createJob(input);
  await short.createJob(input);
  expect(states.long).toEqual(['connecting', 'open']);
  expect(states.short.slice(0, 5)).toEqual(['connecting', 'open', 'idle', 'connecting', 'open']);
});

test.each(['websocket', 'sse'] as const)('over %s a server that is away is waited for, as long as the signal allows', async (transport) => {
  await using client = clientOf('http://127.0.0.1:9', { transport });
  await expect(client.createJob({ type: 'simulate_work' }, { signal: AbortSignal.timeout(700) })).rejects.toThrow(/timeout/);
  await expect(client.retry('any')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
});
