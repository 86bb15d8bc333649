/**
 * Sends for all sockets, on the streams that their upgrades handed over. Frames of one turn leave a socket in one write, and
 * the bytes of a frame are shared by all that get the same. The protocol and the framing of text are implemented here (RFC
 * 6455, 5.2); handshake, control frames and reading are those of ws, whose own frames go out in order with these.
 */
import type { Duplex } from 'node:stream';
import { nextHead, nextTail } from './messages.ts';

/** Larger payloads are not copied for clients that give their operations different ids. */
const copiedLength = 4096;

/** Bytes that do not wait for the end of the turn. What a socket still holds beyond that waits because its client does not read. */
const fullWrite = 32 * 1024;

const nothing: Buffer = Buffer.alloc(0);

export class Outlet {
  #corked: Duplex[] = [];
  /** Watchers of one event are served one after another, and most use the same operation id. */
  #id = '';
  #payload = '';
  #frame: Buffer = nothing;
  #large = { payload: '', bytes: nothing };

  text(wire: Duplex, text: string): void {
    this.#cork(wire);
    wire.write(textFrame(text));
  }

  /** The payload is JSON already, perhaps shared by many. */
  next(wire: Duplex, id: string, payload: string, onFlushed?: () => void): void {
    this.#cork(wire);
    if (payload.length > copiedLength) return this.#nextLarge(wire, id, payload, onFlushed);
    if (payload !== this.#payload || id !== this.#id) {
      this.#id = id;
      this.#payload = payload;
      this.#frame = textFrame(nextHead(id) + payload + nextTail);
    }
    wire.write(this.#frame, onFlushed);
    return undefined;
  }

  #nextLarge(wire: Duplex, id: string, payload: string, onFlushed?: () => void): void {
    if (payload !== this.#large.payload) this.#large = { payload, bytes: Buffer.from(payload + nextTail) };
    const { bytes } = this.#large;
    const head = nextHead(id);
    wire.write(frameBeginning(head, Buffer.byteLength(head) + bytes.length));
    wire.write(bytes, onFlushed);
  }

  #cork(wire: Duplex): void {
    if (wire.writableCorked > 0) {
      if (wire.writableLength < fullWrite) return;
      wire.uncork();
      wire.cork();
      return;
    }
    wire.cork();
    if (this.#corked.push(wire) > 1) return;
    setImmediate(() => {
      const corked = this.#corked;
      this.#corked = [];
      for (const one of corked) one.uncork();
      // Kept only for one turn, so that payloads that are sent rarely do not stay in memory.
      this.#payload = '';
      this.#large = { payload: '', bytes: nothing };
    });
  }
}

function textFrame(text: string): Buffer {
  return frameBeginning(text, Buffer.byteLength(text));
}

/** A final, unmasked frame of so many bytes, of which the text may be the first. */
function frameBeginning(text: string, payloadLength: number): Buffer {
  const textLength = payloadLength === text.length ? payloadLength : Buffer.byteLength(text);
  const at = payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(at + textLength);
  frame[0] = 0x81;
  frame[1] = at === 2 ? payloadLength : at === 4 ? 126 : 127;
  if (at === 4) frame.writeUInt16BE(payloadLength, 2);
  if (at === 10) frame.writeBigUInt64BE(BigInt(payloadLength), 2);
  // The first way is faster, and gives the same where each character is one byte.
  frame.write(text, at, textLength === text.length ? 'latin1' : 'utf8');
  return frame;
}
