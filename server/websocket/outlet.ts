/**
 * Sends for all sockets, on the streams that their upgrades handed over. Frames of one turn leave a socket in one write, and the
 * bytes of a frame are shared by all that get the same. The protocol and the framing of text are implemented here (RFC 6455, 5.2);
 * handshake, control frames and reading are those of ws, which writes to the same streams.
 */
import type { Duplex } from 'node:stream';
import type { TurnEnd } from '../turnEnd.ts';
import { nextHead, nextTail } from './messages.ts';

/** The parts of a socket that are needed here. */
export interface Sink {
  /** Undefined until the socket is open. */
  readonly wire: Duplex | undefined;
  /** Used by the outlet alone: the only frame of this turn, or more. Their `length` is in bytes. */
  held: Buffer | Frames | undefined;
}

/** Of one turn, for one socket. */
class Frames {
  readonly list: Buffer[] = [];
  length = 0;

  add(frame: Buffer): void {
    this.list.push(frame);
    this.length += frame.length;
  }
}

/** Larger payloads are not copied: all that get one share its bytes. */
const copiedLength = 4096;

/** Bytes that do not wait for the end of the turn. What a socket still holds beyond that waits because its client does not read. */
const fullWrite = 32 * 1024;

const nothing: Buffer = Buffer.alloc(0);

export class Outlet {
  readonly #turnEnd: TurnEnd;
  /** Sockets with frames in this turn. */
  #touched: Sink[] = [];
  /** Watchers of one event are served one after another, and most use the same operation id. */
  #id = '';
  #head = nextHead('');
  #payload = '';
  #frame: Buffer = nothing;
  #large = { payload: '', bytes: nothing };
  #joined: { readonly list: readonly Buffer[]; readonly bytes: Buffer } = { list: [], bytes: nothing };

  constructor(turnEnd: TurnEnd) {
    this.#turnEnd = turnEnd;
  }

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
    // The client may have closed the connection meanwhile.
    if (wire?.writable !== true) return;
    if (!(held instanceof Frames)) wire.write(held);
    else if (held.list.every(({ length }) => length <= copiedLength)) wire.write(this.#join(held.list));
    else {
      wire.cork();
      for (const frame of held.list) wire.write(frame);
      wire.uncork();
    }
  }

  /** A stream takes longer for each piece of memory than copying it takes. In a burst most sockets get the same frames. */
  #join(list: readonly Buffer[]): Buffer {
    const last = this.#joined.list;
    if (list.length !== last.length || list.some((frame, index) => frame !== last[index])) {
      this.#joined = { list, bytes: Buffer.concat(list) };
    }
    return this.#joined.bytes;
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

  #send(sink: Sink, frame: Buffer, onFlushed?: () => void): void {
    const { wire, held } = sink;
    if (wire === undefined) return;
    if (onFlushed !== undefined) {
      // Its client is slow: the stream tells when it has read that far.
      this.flush(sink);
      wire.write(frame, onFlushed);
    } else if (held === undefined) {
      this.#touch(sink);
      sink.held = frame;
    } else if (held.length >= fullWrite) {
      this.flush(sink);
      sink.held = frame;
    } else if (held instanceof Frames) {
      held.add(frame);
    } else {
      sink.held = new Frames();
      sink.held.add(held);
      sink.held.add(frame);
    }
  }

  #touch(sink: Sink): void {
    if (this.#touched.push(sink) === 1) void this.#flushAll();
  }

  async #flushAll(): Promise<void> {
    await this.#turnEnd();
    const touched = this.#touched;
    this.#touched = [];
    for (const one of touched) this.flush(one);
    // Kept only for one turn, so that payloads that are sent rarely do not stay in memory.
    this.#payload = '';
    this.#frame = nothing;
    this.#large = { payload: '', bytes: nothing };
    this.#joined = { list: [], bytes: nothing };
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
