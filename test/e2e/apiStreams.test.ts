import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maxHistory } from '../../core/job.ts';
import { readStream } from '../support/readStream.ts';
import { openApiSystem, type ApiSystem } from './apiSystem.ts';
import { engines } from '../support/engines.ts';

describe.each(engines)('on %s', (engine) => {
  let api: ApiSystem;
  beforeAll(async () => {
    api = await openApiSystem({ engine, works: false });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const watch = 'subscription ($jobId: ID!, $after: Int) { jobStatusChanged(jobId: $jobId, afterVersion: $after) { version status } }';
  const cancel = (jobId: string) =>
    api.request('mutation ($jobId: ID!) { cancelJob(input: { jobId: $jobId }) { job { status } } }', { jobId });
  const stream = (variables: object, headers: Readonly<Record<string, string>> = {}, query = watch): Promise<Response> =>
    fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      body: JSON.stringify({ query, variables }),
    });
  /** Events as an EventSource would read them. */
  const eventsIn = (text: string) =>
    text
      .split('\n\n')
      .map((block) => Object.fromEntries([...block.matchAll(/^(\w+): ?(.*)$/gm)].map(([, name, value]) => [String(name), value])))
      .filter((event) => 'event' in event);
  const changed = (version: number, status: string): string => JSON.stringify({ data: { jobStatusChanged: { version, status } } });

  describe('over Server-Sent Events', () => {
    test('each change has an id, the stream says when to come back, and `complete` follows the final one', async () => {
      const jobId = await api.createJob();
      const response = await stream({ jobId });
      const reading = readStream(response);
      await cancel(jobId);
      const { text, isWhole } = await reading;
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(text).toMatch(/^:\nretry: \d+\n\n/);
      expect(eventsIn(text)).toEqual([
        { event: 'next', id: `${jobId}:1`, data: changed(1, 'PENDING') },
        { event: 'next', id: `${jobId}:2`, data: changed(2, 'CANCELLED') },
        { event: 'complete', data: '' },
      ]);
      expect(isWhole).toBe(true);
    });

    test('the header Last-Event-ID resumes as afterVersion does, the later of both', async () => {
      const jobId = await api.createJob();
      await cancel(jobId);
      const versions = async (variables: object, id: string): Promise<readonly unknown[]> => {
        const { text } = await readStream(await stream({ jobId, ...variables }, { 'last-event-id': id }));
        return eventsIn(text).map(({ id: seen, event }) => seen ?? event);
      };
      expect(await versions({}, `${jobId}:1`)).toEqual([`${jobId}:2`, 'complete']);
      expect(await versions({}, '1')).toEqual([`${jobId}:2`, 'complete']);
      expect(await versions({ after: 0 }, `${jobId}:1`)).toEqual([`${jobId}:2`, 'complete']);
      expect(await versions({ after: 1 }, `${jobId}:0`)).toEqual([`${jobId}:2`, 'complete']);
      expect(await versions({ after: 0 }, 'another:1')).toEqual([`${jobId}:1`, `${jobId}:2`, 'complete']);
      expect(await versions({ after: 0 }, 'no id')).toEqual([`${jobId}:1`, `${jobId}:2`, 'complete']);
      // Everything was seen: nothing more will come.
      expect(await versions({}, `${jobId}:2`)).toEqual(['complete']);
    });

    test('a watcher that resumes before the start of the kept history gets the oldest kept transition next, and all after it', async () => {
      const jobId = await api.createJob();
      await cancel(jobId);
      for (let retries = 1; retries <= 30; retries += 1) {
        await api.request('mutation ($jobId: ID!) { retryJob(input: { jobId: $jobId }) { job { status } } }', { jobId });
        await cancel(jobId);
      }
      const { text } = await readStream(await stream({ jobId, after: 1 }));
      const told = eventsIn(text).map(({ id, event }) => id ?? event);
      // As in docs/guarantees.md.
      expect(told).toEqual([...Array.from({ length: maxHistory }, (_, index) => `${jobId}:${13 + index}`), 'complete']);
    });

    test('a watch of no job, and a query, have one result and are complete', async () => {
      const none = await readStream(await stream({ jobId: 'none' }));
      expect(eventsIn(none.text).map(({ event }) => event)).toEqual(['next', 'complete']);
      expect(none.text).toContain('JOB_NOT_FOUND');
      const query = await readStream(await stream({}, {}, '{ __typename }'));
      expect(eventsIn(query.text)).toEqual([
        { event: 'next', data: '{"data":{"__typename":"Query"}}' },
        { event: 'complete', data: '' },
      ]);
    });

    test('by GET, as an EventSource asks', async () => {
      const jobId = await api.createJob();
      await cancel(jobId);
      const query = encodeURIComponent(`subscription { jobStatusChanged(jobId: "${jobId}", afterVersion: 0) { version } }`);
      const response = await fetch(`${api.url}/graphql?query=${query}`, {
        headers: { accept: 'text/event-stream', 'last-event-id': `${jobId}:1` },
      });
      expect(eventsIn((await readStream(response)).text).map(({ event }) => event)).toEqual(['next', 'complete']);
    });

    test('one client’s variables do not affect another’s answer: null, absent and default are told apart', async () => {
      const query =
        'subscription ($jobId: ID!, $d: Boolean = true) { jobStatusChanged(jobId: $jobId) { version job @include(if: $d) { jobId } } }';
      const jobId = await api.createJob();
      const readings = [{ jobId, d: null }, { jobId }, { jobId, d: false }].map(async (variables) =>
        readStream(await stream(variables, {}, query)),
      );
      await cancel(jobId);
      const [byNull, absent, left] = (await Promise.all(readings)).map(({ text }) => text);
      expect(byNull).toContain('must not be null');
      expect(absent).not.toContain('errors');
      expect(absent).toContain(`"job":{"jobId":"${jobId}"}`);
      expect(left).not.toMatch(/errors|"job":/);
    });
  });

  describe('as multipart/mixed, as Apollo’s clients ask', () => {
    const accept = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json';

    test('each change is a part, and the closing boundary follows the final one', async () => {
      const jobId = await api.createJob();
      const response = await stream({ jobId }, { accept });
      const reading = readStream(response);
      await cancel(jobId);
      const { text } = await reading;
      expect(response.headers.get('content-type')).toBe('multipart/mixed; boundary="graphql"; subscriptionSpec=1.0');
      const parts = text.split('\r\n--graphql').slice(1);
      expect(parts.map((part) => part.replace(/^\r\nContent-Type: application\/json; charset=utf-8\r\n\r\n/, ''))).toEqual([
        `{"payload":${changed(1, 'PENDING')}}`,
        `{"payload":${changed(2, 'CANCELLED')}}`,
        '--\r\n',
      ]);
    });

    test('a query is answered as JSON', async () => {
      const response = await stream({}, { accept }, '{ __typename }');
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
    });
  });
});
