/**
 * A WebSocket client that costs almost nothing: it sends text and reports where frames are, without copying or decoding, so
 * that a bench does not measure its own clients. It trusts its server, and answers pings.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface RawSocket {
  send(text: string): void;
  /** Stops reading, as a client that hangs does. */
  pause(): void;
  resume(): void;
  destroy(): void;
}

export interface RawSocketOptions {
  readonly url: string;
  readonly subprotocol?: string | undefined;
  /** Addresses of this machine: from one address to one port there are some 28,000 connections. */
  readonly localAddress?: string | undefined;
  readonly onText: (chunk: Buffer, start: number, end: number) => void;
  readonly onEnd?: () => void;
}

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 };

/** Resolves when the server has accepted the upgrade. */
export function openRawSocket({ url, subprotocol, localAddress, onText, onEnd }: RawSocketOptions): Promise<RawSocket> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, ...(localAddress === undefined ? {} : { localAddress }) });
  socket.setNoDelay(true);
  const opened = Promise.withResolvers<RawSocket>();
  let rest: Buffer | undefined;
  let upgraded = false;

  socket.on('connect', () => {
    const key = randomBytes(16).toString('base64');
    const protocol = subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${protocol}\r\n`,
    );
  });
  socket.on('error', opened.reject);
  socket.on('close', () => onEnd?.());
  socket.on('data', (data) => {
    const chunk = rest === undefined ? data : Buffer.concat([rest, data]);
    const used = upgraded ? readFrames(chunk, 0) : readUpgrade(chunk);
    rest = used === chunk.length ? undefined : chunk.subarray(used);
  });

  function readUpgrade(chunk: Buffer): number {
    const end = chunk.indexOf('\r\n\r\n');
    if (end === -1) return 0;
    const head = chunk.toString('latin1', 0, end);
    if (!head.startsWith('HTTP/1.1 101')) opened.reject(new Error(head));
    upgraded = true;
    opened.resolve({
      send: (text) => sendFrame(socket, opcodes.text, Buffer.from(text)),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      destroy: () => socket.destroy(),
    });
    return readFrames(chunk, end + 4);
  }

  /** Returns where the first incomplete frame begins. */
  function readFrames(chunk: Buffer, from: number): number {
    let at = from;
    while (at + 2 <= chunk.length) {
      const opcode = chunk.readUInt8(at) & 0x0f;
      let length = chunk.readUInt8(at + 1) & 0x7f;
      let start = at + 2;
      if (length === 126) {
        if (at + 4 > chunk.length) break;
        length = chunk.readUInt16BE(at + 2);
        start = at + 4;
      }
      const end = start + length;
      if (end > chunk.length) break;
      if (opcode === opcodes.text) onText(chunk, start, end);
      else if (opcode === opcodes.ping) sendFrame(socket, opcodes.pong, chunk.subarray(start, end));
      at = end;
    }
    return at;
  }

  return opened.promise;
}

/** Masked with zeros, which the protocol allows, and which leaves the payload unchanged. */
function sendFrame(socket: Socket, opcode: number, payload: Buffer): void {
  const isShort = payload.length < 126;
  const head = Buffer.alloc(isShort ? 6 : 8);
  head.writeUInt8(0x80 | opcode, 0);
  head.writeUInt8(0x80 | (isShort ? payload.length : 126), 1);
  if (!isShort) head.writeUInt16BE(payload.length, 2);
  socket.write(Buffer.concat([head, payload]));
}
