import { once } from 'node:events';
import { WebSocket } from 'ws';
import { expect, it } from 'vitest';
import { openApiSystem } from './apiSystem.ts';

const watch = 'subscription ($jobId: ID) { jobStatusChanged(jobId: $jobId) { version status } }';

it('closes sockets with 1001, ends streams and waits with SHUTTING_DOWN, and lets nobody in; twice is fine', async () => {
  await using api = await openApiSystem({ works: false });
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
  const waiting = api.request('query ($jobId: ID!) { waitForJob(jobId: $jobId, timeoutSeconds: 50) { status } }', { jobId });
  await new Promise((resolve) => setTimeout(resolve, 300));

  const began = Date.now();
  await Promise.all([api.closeServer(), api.closeServer()]);
  await api.closeServer();
  expect(Date.now() - began).toBeLessThan(3000);

  expect((await closed)[0]).toBe(1001);
  const text = await stream.text();
  expect(text).toContain('"status":"PENDING"');
  expect(text).toContain('SHUTTING_DOWN');
  expect((await waiting).body.errors?.[0]?.extensions['code']).toBe('SHUTTING_DOWN');
  await expect(fetch(`${api.url}/healthz`)).rejects.toThrow();
});

it('gives a request that is being answered its answer', async () => {
  const sending = Promise.withResolvers<void>();
  await using api = await openApiSystem({
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
