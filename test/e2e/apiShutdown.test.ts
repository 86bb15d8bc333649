import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openApiSystem } from './apiSystem.ts';
import { readStream, type ReadStream } from '../support/readStream.ts';
import { openSocket } from './testSocket.ts';
import { engines } from '../support/engines.ts';

const watch = 'subscription ($jobId: ID) { jobStatusChanged(jobId: $jobId) { version status } }';

describe.each(engines)('on %s', (engine) => {
  it('closes sockets with 1001, breaks streams off, ends waits with SHUTTING_DOWN, and lets nobody in; closing twice does no harm', async () => {
    let watched = 0;
    await using api = await openApiSystem({
      engine,
      works: false,
      environment: { SHUTDOWN_GRACE_SECONDS: '60' },
      replace: ({ watches }) => ({
        watches: {
          ...watches,
          job: (request) => {
            watched += 1;
            return watches.job(request);
          },
          owner: (request) => {
            watched += 1;
            return watches.owner(request);
          },
        },
      }),
    });
    const jobId = await api.createJob();
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send('{"type":"connection_init"}');
    await once(socket, 'message');
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: watch } }));
    const closed = once(socket, 'close');

    const stream = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: watch, variables: { jobId } }),
    });
    // When a stream breaks off, fetch drops what was not read yet: it is sent again to a client that resumes.
    const reading = readStream(stream);
    const waiting = api.request('query ($jobId: ID!) { waitForJob(jobId: $jobId, timeoutSeconds: 50) { status } }', { jobId });
    await expect.poll(() => watched).toBe(3);

    const began = Date.now();
    await Promise.all([api.closeServer(), api.closeServer()]);
    await api.closeServer();
    // Neither the grace period nor the wait delays it: fifty seconds of them are left.
    expect(Date.now() - began).toBeLessThan(30_000);

    expect((await closed)[0]).toBe(1001);
    const { text, isWhole } = await reading;
    expect(text).toContain('"status":"PENDING"');
    expect(text).not.toMatch(/errors|event: complete/);
    expect(isWhole).toBe(false);
    expect((await waiting).body.errors?.[0]?.extensions['code']).toBe('SHUTTING_DOWN');
    await expect(fetch(`${api.url}/healthz`)).rejects.toThrow();
  });

  it('gives a request that is being answered its answer', async () => {
    const sending = Promise.withResolvers<void>();
    await using api = await openApiSystem({
      engine,
      works: false,
      replace: ({ core }) => ({
        core: {
          ...core,
          queues: {
            ...core.queues,
            async send(...message) {
              sending.resolve();
              await new Promise((resolve) => setTimeout(resolve, 500));
              await core.queues.send(...message);
            },
          },
        },
      }),
    });
    const answer = api.request('mutation { createJob(input: { type: "simulate_work" }) { created } }');
    await sending.promise;
    await api.closeServer();
    expect((await answer).body).toMatchObject({ data: { createJob: { created: true } } });
  });

  it('ends the watch of a client that leaves its stream', async () => {
    let signalled: AbortSignal | undefined;
    await using api = await openApiSystem({
      engine,
      works: false,
      replace: ({ watches }) => ({
        watches: {
          ...watches,
          job: (request) => {
            signalled = request.signal;
            return watches.job(request);
          },
        },
      }),
    });
    const jobId = await api.createJob();
    const leaving = new AbortController();
    const stream = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: watch, variables: { jobId } }),
      signal: leaving.signal,
    });
    await stream.body?.getReader().read();
    expect(signalled?.aborted).toBe(false);
    leaving.abort();
    await expect.poll(() => signalled?.aborted).toBe(true);
  });

  /** Opens so many sockets and SSE streams that watch, and answers when each of them ended. */
  async function openWatchers(api: Awaited<ReturnType<typeof openApiSystem>>, count: number) {
    const endedAt: number[] = [];
    const codes: number[] = [];
    const streams: Promise<ReadStream>[] = [];
    for (let index = 0; index < count; index += 1) {
      const socket = await openSocket(api.url);
      socket.send({ id: '1', type: 'subscribe', payload: { query: watch } });
      void socket.closed.then((code) => {
        codes.push(code);
        endedAt.push(performance.now());
      });
      if (index % 4 > 0) continue;
      const stream = await fetch(`${api.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query: watch }),
      });
      const ended = readStream(stream);
      streams.push(ended);
      void ended.then(() => endedAt.push(performance.now()));
    }
    return { endedAt, codes, streams };
  }

  it('closes many sockets and streams a few at a time, so that their clients do not connect elsewhere all at once', async () => {
    await using api = await openApiSystem({
      engine,
      works: false,
      environment: { SOCKET_DRAIN_SECONDS: '1', SHUTDOWN_GRACE_SECONDS: '60' },
    });
    const { endedAt, codes, streams } = await openWatchers(api, 400);
    const began = performance.now();
    await api.closeServer();
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(codes).toEqual(Array.from({ length: 400 }, () => 1001));
    for (const { text, isWhole } of await Promise.all(streams))
      expect([isWhole, text]).toEqual([false, expect.not.stringContaining('complete')]);
    expect(Math.max(...endedAt) - Math.min(...endedAt)).toBeGreaterThan(700);
  });

  it('in a hurry waits neither for the grace time nor for the spread', async () => {
    const hurry = new AbortController();
    await using api = await openApiSystem({
      engine,
      works: false,
      environment: { SOCKET_DRAIN_SECONDS: '60', SHUTDOWN_GRACE_SECONDS: '120' },
      replace: ({ core }) => ({
        hurry: hurry.signal,
        // An answer that never comes.
        core: { ...core, table: { ...core.table, getMany: () => new Promise(() => undefined) } },
      }),
    });
    await api.createJob();
    const cutOff = api.request('{ jobs { edges { cursor } } }').then(
      () => 'answered',
      () => 'cut off',
    );
    const { codes } = await openWatchers(api, 100);
    const began = performance.now();
    const closed = api.closeServer();
    setTimeout(() => hurry.abort(), 200);
    await closed;
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(await cutOff).toBe('cut off');
    await expect.poll(() => codes).toHaveLength(100);
  });
});
