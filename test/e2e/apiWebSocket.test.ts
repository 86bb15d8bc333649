import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobError } from '../../core/errors.ts';
import { at, openApiSystem, take, type ApiSystem } from './apiSystem.ts';
import { readStream } from '../support/readStream.ts';
import { openSocket } from './testSocket.ts';
import { engines } from '../support/engines.ts';

describe.each(engines)('on %s', (engine) => {
  let api: ApiSystem;
  beforeAll(async () => {
    api = await openApiSystem({ engine });
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
      let seen: unknown;
      const watching = take(api.client().iterate({ query: watch }), 1).then(([event]) => (seen = event));
      // The subscription begins a moment after the request, and nothing reports when.
      const jobIds: unknown[] = [];
      while (seen === undefined) jobIds.push(await api.createJob());
      await watching;
      expect(jobIds).toContain(at(seen, 'data', 'jobStatusChanged', 'jobId'));
    });

    it('gets a code that says what is wrong, and nothing internal', async () => {
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
      ['reveals nothing of an unexpected error but its traceId', new Error('secret'), 'INTERNAL_SERVER_ERROR'],
    ])('%s, over WebSocket and SSE, for that subscription alone', async (_promise, error, code) => {
      await using system = await openApiSystem({
        engine,
        works: false,
        replace: ({ watches }) => ({
          watches: {
            ...watches,
            async owner(request) {
              const watch = await watches.owner(request);
              let isOver = false;
              const broken: typeof watch = {
                take: () => undefined,
                ending: () => error,
                listen: () => undefined,
                return: () => watch.return(),
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
      const { text, isWhole } = await readStream(stream);
      expect(text).toContain(code);
      expect(text).not.toContain('event: complete');
      expect(isWhole).toBe(false);
      expect(text).not.toContain('secret');
    });
  });
});
