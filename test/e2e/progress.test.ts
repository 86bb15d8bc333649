import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, openApiSystem, type ApiSystem } from './apiSystem.ts';
import { openSocket } from './testSocket.ts';
import { engines } from '../support/engines.ts';

describe.each(engines)('on %s', (engine) => {
  let api: ApiSystem;
  beforeAll(async () => {
    // The record gets progress with a heartbeat, long after it was sent live.
    api = await openApiSystem({ engine, environment: { VISIBILITY_TIMEOUT_SECONDS: '4', RECEIVE_WAIT_SECONDS: '1' } });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const query = 'subscription ($jobId: ID!) { jobStatusChanged(jobId: $jobId) { version progress } }';
  /** `undefined` for an event without progress. */
  function progressOf(answer: unknown): number | undefined {
    const progress = at(answer, 'data', 'jobStatusChanged', 'progress');
    return typeof progress === 'number' ? progress : undefined;
  }

  /** The events that are sent over SSE, until the reader leaves. */
  async function* overSse(jobId: string): AsyncGenerator<number | undefined, void, void> {
    const response = await fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query, variables: { jobId } }),
    });
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body ?? []) {
      const blocks = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (\{.*\})$/m.exec(block)?.[1];
        if (data !== undefined) yield progressOf(JSON.parse(data));
      }
    }
  }

  async function* overWebSocket(jobId: string): AsyncGenerator<number | undefined, void, void> {
    const socket = await openSocket(api.url);
    try {
      socket.send({ id: '1', type: 'subscribe', payload: { query, variables: { jobId } } });
      for (;;) yield progressOf(at((await socket.messages(1))[0], 'payload'));
    } finally {
      socket.end();
    }
  }

  test('a client that leaves and subscribes again, over SSE or WebSocket, reads no progress behind what it has read', async () => {
    const jobId = await api.createJob({ durationMs: 4000, steps: 50 });
    let [told, returns] = [0, 0];
    while (told < 90) {
      const before = told;
      for await (const progress of (returns % 2 === 0 ? overSse : overWebSocket)(jobId)) {
        if (progress === undefined) continue;
        expect(progress).toBeGreaterThanOrEqual(told);
        told = progress;
        // It comes back as soon as it has learned something.
        if (told > before + 5) break;
      }
      returns += 1;
    }
    expect(returns).toBeGreaterThan(4);
  });
});
