import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openFaultProxy } from './faultProxy.ts';
import { portOf } from './portOf.ts';

/** An echo server behind a proxy. */
async function setup() {
  const received: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (bytes) => {
      received.push(bytes.toString());
      socket.write(bytes);
    });
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await openFaultProxy(portOf(server));
  const sockets: Socket[] = [];
  async function client(): Promise<{ readonly socket: Socket; readonly heard: () => string; readonly closed: Promise<unknown> }> {
    const socket = connect(proxy.port, '127.0.0.1');
    sockets.push(socket);
    let heard = '';
    socket.on('data', (bytes) => (heard += bytes.toString()));
    socket.on('error', () => undefined);
    const closed = once(socket, 'close').catch(() => undefined);
    await once(socket, 'connect');
    return { socket, heard: () => heard, closed };
  }
  return {
    proxy,
    received,
    client,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await proxy[Symbol.asyncDispose]();
      server.close();
    },
  };
}

test('passes bytes on in both directions, and an end', async () => {
  await using one = await setup();
  const { socket, heard, closed } = await one.client();
  socket.write('hello');
  await expect.poll(heard).toBe('hello');
  socket.end();
  await closed;
});

test('refuses connections while it is down, ends those there are, and listens again on its port', async () => {
  await using one = await setup();
  const { closed } = await one.client();
  await one.proxy.weather({ kind: 'down' });
  await closed;
  await expect(one.client()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await one.proxy.weather({ kind: 'fair' });
  const again = await one.client();
  again.socket.write('back');
  await expect.poll(again.heard).toBe('back');
});

test('lets nothing through while it is a black hole, and everything after it', async () => {
  await using one = await setup();
  await one.proxy.weather({ kind: 'blackHole' });
  const { socket, heard } = await one.client();
  socket.write('late');
  const other = await one.client();
  other.socket.write('late too');
  expect(one.received).toEqual([]);
  await one.proxy.weather({ kind: 'fair' });
  await expect.poll(() => [heard(), other.heard()]).toEqual(['late', 'late too']);
});

test('is as slow as configured', async () => {
  await using one = await setup();
  await one.proxy.weather({ kind: 'slow', delayMs: 50 });
  const { socket, heard } = await one.client();
  const since = performance.now();
  socket.write('slow');
  await expect.poll(heard, { interval: 5 }).toBe('slow');
  expect(performance.now() - since).toBeGreaterThan(95);
});

test('resets connections', async () => {
  await using one = await setup();
  const { socket, closed } = await one.client();
  const failed = once(socket, 'error').catch((error: unknown) => [error]);
  socket.write('hello');
  await expect.poll(() => one.received).toEqual(['hello']);
  one.proxy.reset();
  expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
  await closed;
});

test('holds what matches until it is released, and what the client says after it', async () => {
  await using one = await setup();
  const held = one.proxy.hold((text) => text.includes('stop'));
  const { socket, heard } = await one.client();
  socket.write('go');
  await expect.poll(heard).toBe('go');
  socket.write('stop');
  const { text, release } = await held;
  expect(text).toBe('stop');
  socket.write(' after');
  expect(one.received).toEqual(['go']);
  release();
  await expect.poll(heard).toBe('gostop after');
});

test('swallows what it has an answer for, until that is ended', async () => {
  await using one = await setup();
  const swallowing = one.proxy.swallow((text) => (text === 'lost' ? 'taken' : undefined));
  const { socket, heard } = await one.client();
  socket.write('lost');
  await expect.poll(heard).toBe('taken');
  swallowing.stop();
  socket.write('lost');
  await expect.poll(heard).toBe('takenlost');
  expect(swallowing.count()).toBe(1);
  expect(one.received).toEqual(['lost']);
});

test('closes twice, while down, and in the middle of a hold', async () => {
  const one = await setup();
  void one.proxy.hold(() => true);
  const { socket } = await one.client();
  socket.write('held');
  await one.proxy[Symbol.asyncDispose]();
  await one.proxy[Symbol.asyncDispose]();
  await one.proxy.weather({ kind: 'down' });
  await one[Symbol.asyncDispose]();
  expect(one.received).toEqual([]);
});
