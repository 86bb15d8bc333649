import { once } from 'node:events';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobError } from '../../core/errors.ts';
import { at, openApiSystem, take, type ApiSystem } from './apiSystem.ts';

let api: ApiSystem;
beforeAll(async () => {
  api = await openApiSystem();
});
afterAll(() => api[Symbol.asyncDispose]());

const watch =
  'subscription ($jobId: ID, $afterVersion: Int) { jobStatusChanged(jobId: $jobId, afterVersion: $afterVersion) { jobId version status recovered job { status } } }';

describe('a watcher over WebSocket', () => {
  it('sees each change of status once and in order, and is done after the final one', async () => {
    const jobId = await api.createJob({ durationMs: 300 });
    const seen = await take(api.client().iterate({ query: watch, variables: { jobId, afterVersion: 0 } }), 100);
    const versions = seen.map((event) => at(event, 'data', 'jobStatusChanged', 'version'));
    expect(versions).toEqual([1, 2, 3]);
    expect(seen.at(-1)).toMatchObject({ data: { jobStatusChanged: { jobId, status: 'SUCCEEDED', job: { status: 'SUCCEEDED' } } } });
  });

  it('without a jobId sees whatever happens to its jobs', async () => {
    const events = take(api.client().iterate({ query: watch }), 1);
    // The subscription begins a moment after it was asked for.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const jobId = await api.createJob();
    expect(await events).toMatchObject([{ data: { jobStatusChanged: { jobId } } }]);
  });

  it('is told with a code what is wrong, and nothing of our insides', async () => {
    const [missing] = await take(api.client().iterate({ query: watch, variables: { jobId: 'nobody’s' } }), 1);
    expect(at(missing, 'errors', 0, 'extensions', 'code')).toBe('JOB_NOT_FOUND');
    const [needless] = await take(api.client().iterate({ query: watch, variables: { afterVersion: 1 } }), 1);
    expect(at(needless, 'errors', 0, 'extensions')).toMatchObject({ code: 'BAD_USER_INPUT', path: ['afterVersion'] });
    const [wrong] = await take(api.client().iterate({ query: watch, variables: { afterVersion: 'x' } }), 1);
    expect(at(wrong, 'errors', 0, 'extensions')).not.toHaveProperty('http');
  });
});

describe('a watcher whose feed breaks off', () => {
  it.each([
    ['reads FEED_INTERRUPTED', new JobError('FEED_INTERRUPTED'), 'FEED_INTERRUPTED'],
    ['reads nothing of an unexpected error but its traceId', new Error('secret'), 'INTERNAL_SERVER_ERROR'],
  ])('%s, over WebSocket and SSE, for that subscription alone', async (_promise, error, code) => {
    await using system = await openApiSystem({
      works: false,
      replace: ({ watches }) => ({
        watches: {
          ...watches,
          async owner(request) {
            const watch = await watches.owner(request);
            let isOver = false;
            const broken: typeof watch = {
              ...watch,
              ending: () => error,
              next() {
                if (isOver) return Promise.resolve({ done: true, value: undefined });
                isOver = true;
                return Promise.reject(error);
              },
              [Symbol.asyncIterator]: () => broken,
            };
            return broken;
          },
        },
      }),
    });
    const socket = await openSocket(system.url);
    socket.send({ id: '1', type: 'subscribe', payload: { query: watch } });
    const [message] = await socket.messages(1);
    expect(message).toMatchObject({ id: '1', type: 'error', payload: [{ extensions: { code } }] });
    expect(JSON.stringify(message)).not.toContain('secret');
    socket.send({ id: '2', type: 'subscribe', payload: { query: '{ __typename }' } });
    expect(await socket.messages(1)).toMatchObject([{ id: '2', type: 'next' }]);
    socket.end();

    const stream = await fetch(`${system.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: watch }),
    });
    const text = await stream.text();
    expect(text).toContain(code);
    expect(text).toContain('event: complete');
    expect(text).not.toContain('secret');
  });
});

describe('the socket', () => {
  it.each([
    ['without a connection_init', [], ['graphql-transport-ws'], 4408],
    ['with two of them', [{ type: 'connection_init' }, { type: 'connection_init' }], ['graphql-transport-ws'], 4429],
    ['with an operation before it', [{ id: '1', type: 'subscribe', payload: { query: '{ __typename }' } }], ['graphql-transport-ws'], 4401],
    ['with a message of no known type', [{ type: 'hello' }], ['graphql-transport-ws'], 4400],
    ['with what is not JSON', ['{'], ['graphql-transport-ws'], 4400],
    ['with a binary message', [Buffer.from('{"type":"connection_init"}')], ['graphql-transport-ws'], 4400],
    ['with a message above 1 MiB', ['x'.repeat(1024 * 1024 + 1)], ['graphql-transport-ws'], 1009],
    ['without its protocol', [], [], 4406],
  ])('%s is closed with the protocol’s code', async (_name, messages, protocols, code) => {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, protocols);
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    await once(socket, 'open');
    for (const message of messages)
      socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
    expect((await closed)[0]).toBe(code);
  });

  it.each([
    ['a foreign origin', '/graphql', 'https://evil.example', 403],
    ['another path', '/elsewhere', undefined, 404],
  ])('is not opened for %s', async (_name, path, origin, status) => {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}${path}`, 'graphql-transport-ws', origin === undefined ? {} : { origin });
    expect(String((await once(socket, 'error'))[0])).toContain(String(status));
  });

  it('is closed with 4409 for an id that is in use', async () => {
    const socket = await openSocket(api.url);
    socket.send({ id: '1', type: 'subscribe', payload: { query: watch } });
    socket.send({ id: '1', type: 'subscribe', payload: { query: watch } });
    expect(await socket.closed).toBe(4409);
  });

  it('stays open when one operation cannot be parsed, is not valid or too large', async () => {
    const socket = await openSocket(api.url);
    const bad = [
      '{ job(',
      '{ nope }',
      `{ a(b: ${'['.repeat(20_000)}`,
      `{ ${Array.from({ length: 31 }, (_, i) => `a${i}:__typename`).join(' ')} }`,
      'query A { __typename } query B { __typename }',
    ];
    for (const [index, query] of bad.entries()) socket.send({ id: String(index), type: 'subscribe', payload: { query } });
    const answers = await socket.messages(bad.length);
    expect(answers.map((answer) => at(answer, 'type'))).toEqual(bad.map(() => 'error'));
    socket.send({ id: 'good', type: 'subscribe', payload: { query: '{ __typename }' } });
    expect(await socket.messages(1)).toMatchObject([{ id: 'good', type: 'next' }]);
    socket.end();
  });

  it('runs a hundred operations at a time, and not one more', async () => {
    const socket = await openSocket(api.url);
    for (let id = 1; id <= 101; id++) socket.send({ id: String(id), type: 'subscribe', payload: { query: watch } });
    expect(await socket.messages(1)).toMatchObject([
      { id: '101', type: 'error', payload: [{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } }] },
    ]);
    socket.send({ id: '1', type: 'complete' });
    socket.send({ id: 'one more', type: 'subscribe', payload: { query: '{ __typename }' } });
    expect(await socket.messages(1)).toMatchObject([{ id: 'one more', type: 'next' }]);
    socket.end();
  });

  it('of a client that pings and never reads is ended, before it fills the memory', async () => {
    const socket = await openSocket(api.url);
    socket.pause();
    const payload = { filler: 'x'.repeat(60_000) };
    const gone = socket.closed;
    for (let sent = 0; sent < 2000 && socket.isOpen(); sent++) {
      socket.send({ type: 'ping', payload });
      if (sent % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    socket.resume();
    expect(await gone).toBe(1006);
  });
});

interface TestSocket {
  send(message: object): void;
  messages(count: number): Promise<unknown[]>;
  readonly closed: Promise<number>;
  isOpen(): boolean;
  pause(): void;
  resume(): void;
  end(): void;
}

/** A socket after its connection_ack, spoken to in plain messages. */
async function openSocket(url: string): Promise<TestSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  socket.on('error', () => undefined);
  const received: unknown[] = [];
  socket.on('message', (data: Buffer) => {
    const message: unknown = JSON.parse(data.toString());
    if (at(message, 'type') !== 'complete') received.push(message);
    socket.emit('received');
  });
  const closed = once(socket, 'close').then(([code]) => Number(code));
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');

  async function messages(count: number): Promise<unknown[]> {
    while (received.length < count) {
      const code = await Promise.race([once(socket, 'received').then(() => undefined), closed]);
      if (code !== undefined) throw new Error(`closed with ${code} after ${JSON.stringify(received)}`);
    }
    return received.splice(0, count);
  }

  await messages(1);
  return {
    send: (message) => socket.send(JSON.stringify(message)),
    messages,
    closed,
    isOpen: () => socket.readyState === WebSocket.OPEN,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => socket.terminate(),
  };
}
