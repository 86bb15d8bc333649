import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { portOf } from '../../test/support/portOf.ts';
import { AnswerStream } from './answerStream.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

const event = { jobId: 'j', owner: 'o', type: 't', version: 1, status: 'PENDING', attempt: 0, at: 0, recovered: undefined } as const;

/** A stream to which so many bytes were pushed, whose client reads or does not. */
async function opened(bytes: number, isRead: boolean) {
  const server = createServer((_request, response) => {
    const stream = new AnswerStream(response, 'text/event-stream');
    stream.pushNext('', JSON.stringify('x'.repeat(bytes)), event);
    server.emit('streaming', response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const streaming = once(server, 'streaming');
  const request = get({ port: portOf(server), host: '127.0.0.1' }, (response) => (isRead ? response.resume() : response.pause()));
  request.on('error', () => undefined);
  const response: unknown = (await streaming).at(0);
  return { response, beat: () => void vi.advanceTimersByTime(12_000), end: () => void (request.destroy(), server.close()) };
}

test('a stream whose client reads nothing between two heartbeats is ended', async () => {
  const { response, beat, end } = await opened(20_000_000, false);
  for (let count = 0; count < 3; count += 1) {
    beat();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await vi.waitFor(() => {
    beat();
    expect(response).toMatchObject({ destroyed: true });
  });
  end();
});

test('a stream that is read goes on, however long nothing happens', async () => {
  const { response, beat, end } = await opened(1000, true);
  for (let count = 0; count < 20; count += 1) {
    beat();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(response).toMatchObject({ destroyed: false });
  end();
});
