/**
 * What all sockets send through, on the streams that their upgrades handed over: frames of one turn leave a socket in one
 * write, and the bytes of a frame are the same for all who are sent the same. The protocol and the framing of text are
 * ours (RFC 6455, 5.2); handshake, control frames and reading are those of ws, which writes to the same streams.
 */
import type { Duplex } from 'node:stream';
import { nextHead, nextTail } from './messages.ts';

/** A socket, as far as is needed here. */
export interface Sink {
  /** Undefined until it is open. */
  readonly wire: Duplex | undefined;
  /** The outlet's own: the one frame of this turn, or `several`. */
  held: Buffer | undefined;
}

/** Larger payloads are not copied for clients that call their operations differently. */
const copiedLength = 4096;

/** Bytes that do not wait for the end of the turn. What a socket still holds beyond that waits because its client does not read. */
const fullWrite = 32 * 1024;

const nothing: Buffer = Buffer.alloc(0);
/** In the place of a frame that others joined: the stream holds them, corked. */
const several: Buffer = Buffer.alloc(0);

export class Outlet {
  /** Those that were sent something this turn. */
  #touched: Sink[] = [];
  /** Watchers of one event are told one after another, and most call their operation the same. */
  #id = '';
  #payload = '';
  #frame: Buffer = nothing;
  #large = { payload: '', bytes: nothing };

  text(sink: Sink, text: string): void {
    this.#send(sink, textFrame(text));
  }

  /** The payload is JSON already, perhaps made once for many. */
  next(sink: Sink, id: string, payload: string, onFlushed?: () => void): void {
    if (payload.length > copiedLength) return this.#nextLarge(sink, id, payload, onFlushed);
    if (payload !== this.#payload || id !== this.#id) {
      this.#id = id;
      this.#payload = payload;
      this.#frame = textFrame(nextHead(id) + payload + nextTail);
    }
    return this.#send(sink, this.#frame, onFlushed);
  }

  /** Sends what is held back: nothing is to be written to the stream before it. */
  flush(sink: Sink): void {
    const { wire, held } = sink;
    if (held === undefined) return;
    sink.held = undefined;
    if (held === several) wire?.uncork();
    // Its client may have hung up meanwhile.
    else if (wire?.writable === true) wire.write(held);
  }

  #nextLarge(sink: Sink, id: string, payload: string, onFlushed?: () => void): void {
    if (payload !== this.#large.payload) this.#large = { payload, bytes: Buffer.from(payload + nextTail) };
    const { bytes } = this.#large;
    const head = nextHead(id);
    this.#send(sink, frameBeginning(head, Buffer.byteLength(head) + bytes.length));
    this.#send(sink, bytes, onFlushed);
  }

  /** Most sockets get one frame a turn: it is held here, since to cork a stream takes longer. */
  #send(sink: Sink, frame: Buffer, onFlushed?: () => void): void {
    const { wire, held } = sink;
    if (wire === undefined) return;
    if (held === undefined) this.#touch(sink);
    if (held === undefined && onFlushed === undefined) {
      sink.held = frame;
      return;
    }
    if (held !== several) wire.cork();
    else if (wire.writableLength >= fullWrite) {
      wire.uncork();
      wire.cork();
    }
    if (held !== undefined && held !== several) wire.write(held);
    sink.held = several;
    wire.write(frame, onFlushed);
  }

  #touch(sink: Sink): void {
    if (this.#touched.push(sink) > 1) return;
    setImmediate(() => {
      const touched = this.#touched;
      this.#touched = [];
      for (const one of touched) this.flush(one);
      // What is sent seldom is not kept.
      this.#payload = '';
      this.#frame = nothing;
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
