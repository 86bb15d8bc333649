/** A WebSocket for plain messages, for what a well-behaved client would never send. */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { at } from './apiSystem.ts';

export interface TestSocket {
  /** An object is sent as JSON, anything else as it is. */
  send(message: object | string | Buffer): void;
  messages(count: number): Promise<unknown[]>;
  readonly closed: Promise<number>;
  isOpen(): boolean;
  pause(): void;
  resume(): void;
  end(): void;
  /** Resolves after the given number of further pings from the server. */
  pings(count: number): Promise<void>;
  /** For bytes that are not a client's frames. */
  readonly wire: Socket;
}

export interface TestSocketOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: as the protocol requires. */
  readonly answersPings?: boolean;
}

/** A socket after its connection_ack, for plain messages. */
export async function openSocket(
  url: string,
  connectionParams: object = {},
  { headers = {}, answersPings = true }: TestSocketOptions = {},
): Promise<TestSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers, autoPong: answersPings });
  socket.on('error', () => undefined);
  const received: unknown[] = [];
  socket.on('message', (data: Buffer) => {
    const message: unknown = JSON.parse(data.toString());
    if (at(message, 'type') !== 'complete') received.push(message);
    socket.emit('received');
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const [upgraded] = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')]);
  const wire = upgraded.map((response) => at(response, 'socket')).find((found) => found instanceof Socket);
  if (wire === undefined) throw new Error('the socket has no wire');
  socket.send(JSON.stringify({ type: 'connection_init', payload: connectionParams }));

  async function messages(count: number): Promise<unknown[]> {
    while (received.length < count) {
      const code = await Promise.race([once(socket, 'received').then(() => undefined), closed]);
      if (code !== undefined) throw new Error(`closed with ${code} after ${JSON.stringify(received)}`);
    }
    return received.splice(0, count);
  }

  await messages(1);
  return {
    send: (message) => socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)),
    messages,
    closed,
    isOpen: () => socket.readyState === WebSocket.OPEN,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => socket.terminate(),
    async pings(count) {
      for (let heard = 0; heard < count; heard += 1) await once(socket, 'ping');
    },
    wire,
  };
}
