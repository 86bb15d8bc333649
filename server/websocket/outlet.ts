/**
 * Sends for all sockets, on the streams that their upgrades handed over. Frames of one turn leave a socket in one write, and the
 * bytes of a frame are shared by all that get the same. The protocol and the framing of text are implemented here (RFC 6455, 5.2);
 * handshake, control frames and reading are those of ws, which writes to the same streams.
 */
import type { Duplex } from 'node:stream';
import { nextHead, nextTail } from './messages.ts';

/** The parts of a socket that are needed here. */
export interface Sink {
  /** Undefined until the socket is open. */
  readonly wire: Duplex | undefined;
  /** Used by the outlet alone: the only frame of this turn, or `several`. */
  held: Buffer | undefined;
}

/** Larger payloads are not copied for clients that give their operations different ids. */
const copiedLength = 4096;

/** Bytes that do not wait for the end of the turn. What a socket still holds beyond that waits because its client does not read. */
const fullWrite = 32 * 1024;

const nothing: Buffer = Buffer.alloc(0);
/** Stands for more than one frame: they are in the stream, which is corked. */
const several: Buffer = Buffer.alloc(0);

export class Outlet {
  /** Sockets with frames in this turn. */
  #touched: Sink[] = [];
  /** Watchers of one event are served one after another, and most use the same operation id. */
  #id = '';
  #head = nextHead('');
  #payload = '';
  #frame: Buffer = nothing;
  #large = { payload: '', bytes: nothing };

  text(sink: Sink, text: string): void {
    this.#send(sink, textFrame(text));
  }

  /** The payload is JSON already, perhaps shared by many. */
  next(sink: Sink, id: string, payload: string, onFlushed?: () => void): void {
    if (payload.length > copiedLength) return this.#nextLarge(sink, id, payload, onFlushed);
    if (payload !== this.#payload || id !== this.#id) {
      this.#payload = payload;
      this.#frame = textFrame(this.#headOf(id) + payload + nextTail);
    }
    return this.#send(sink, this.#frame, onFlushed);
  }

  /** Sends the frames that are held back. Must be called before anything else writes to the stream. */
  flush(sink: Sink): void {
    const { wire, held } = sink;
    if (held === undefined) return;
    sink.held = undefined;
    if (held === several) wire?.uncork();
    // The client may have closed the connection meanwhile.
    else if (wire?.writable === true) wire.write(held);
  }

  #nextLarge(sink: Sink, id: string, payload: string, onFlushed?: () => void): void {
    if (payload !== this.#large.payload) this.#large = { payload, bytes: Buffer.from(payload + nextTail) };
    const { bytes } = this.#large;
    const head = this.#headOf(id);
    this.#send(sink, frameBeginning(head, Buffer.byteLength(head) + bytes.length));
    this.#send(sink, bytes, onFlushed);
  }

  #headOf(id: string): string {
    if (id !== this.#id) {
      this.#id = id;
      this.#head = nextHead(id);
    }
    return this.#head;
  }

  /** Most sockets get one frame in a turn. It is held here, since corking a stream takes longer. */
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
      // Kept only for one turn, so that payloads that are sent rarely do not stay in memory.
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
