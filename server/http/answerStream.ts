/**
 * An answer that stays open: Server-Sent Events (GraphQL over SSE, distinct connections), or `multipart/mixed` as Apollo's
 * clients request it. A stream that is complete says so. One that a client should resume does not: it breaks off, as if the
 * server had died, because every client knows how to reconnect after that.
 */
import type { ServerResponse } from 'node:http';
import type { GraphQLError } from 'graphql';
import { eventIdOf, type PushedEvent } from '../../core/usecases/watchJob.ts';
import type { PushTarget } from '../execution/fanOut.ts';
import type { Answer } from '../execution/operations.ts';
import { payloadOf } from '../execution/payload.ts';
import { endAllRunning, type RunningOperations } from '../execution/runningOperations.ts';
import type { StreamType } from './mediaTypes.ts';
import { codeOf } from './status.ts';

/** Frames events in one media type. */
interface Framing {
  readonly headers: Readonly<Record<string, string>>;
  readonly beginning: string;
  readonly heartbeat: string;
  readonly ending: string;
  frame(payload: string, id?: string): string;
}

/** Proxies and browsers close a silent connection after a minute or so. */
const heartbeatMs = 12_000;
/** How long an EventSource waits before it reconnects. */
const retryMs = 1000;

const framings: Readonly<Record<StreamType, Framing>> = {
  'text/event-stream': {
    headers: { 'content-type': 'text/event-stream' },
    // Some browsers ignore a head without a byte of its body.
    beginning: `:\nretry: ${retryMs}\n\n`,
    heartbeat: ':\n\n',
    ending: 'event: complete\ndata:\n\n',
    frame: (payload, id) => `event: next\n${id === undefined ? '' : `id: ${id}\n`}data: ${payload}\n\n`,
  },
  'multipart/mixed': {
    headers: { 'content-type': 'multipart/mixed; boundary="graphql"; subscriptionSpec=1.0' },
    beginning: '\r\n--graphql',
    heartbeat: partOf('{}'),
    ending: '--\r\n',
    frame: (payload) => partOf(`{"payload":${payload}}`),
  },
};

/** Each part ends with the boundary that the next one, or the end, continues from. */
function partOf(json: string): string {
  return `\r\nContent-Type: application/json; charset=utf-8\r\n\r\n${json}\r\n--graphql`;
}

/** Ended for a reason of the server's, which the client answers by reconnecting: with a new token, or to another server. */
const silent: ReadonlySet<string> = new Set(['SHUTTING_DOWN', 'UNAUTHENTICATED']);

export class AnswerStream implements PushTarget {
  running: RunningOperations;
  keptBytes = 0;
  /** Whether the client has read something since the last heartbeat. */
  #isRead = true;
  readonly #response: ServerResponse;
  readonly #framing: Framing;
  readonly #keepAlive: ReturnType<typeof setInterval>;

  constructor(response: ServerResponse, type: StreamType, status = 200) {
    this.#response = response;
    this.#framing = framings[type];
    response.writeHead(status, { ...this.#framing.headers, 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    response.socket?.setNoDelay(true);
    response.write(this.#framing.beginning);
    this.#keepAlive = setInterval(() => this.#keepAliveNow(), heartbeatMs).unref();
    response.once('close', () => this.#leave());
  }

  get unsentBytes(): number {
    return this.#response.writableLength;
  }

  /** The whole answer, and the mark that it is complete. */
  answer(answer: Answer): void {
    this.#write(this.#framing.frame(payloadOf(answer)));
    this.pushComplete();
  }

  pushNext(_id: string, payload: string, event: PushedEvent, onFlushed?: () => void): void {
    this.#write(this.#framing.frame(payload, eventIdOf(event)), onFlushed);
  }

  pushComplete(): void {
    this.#leave();
    if (!this.#response.writableEnded) this.#response.end(this.#framing.ending);
  }

  pushError(_id: string, error: GraphQLError): void {
    if (!silent.has(codeOf(error))) this.#write(this.#framing.frame(payloadOf({ errors: [error] })));
    this.breakOff();
  }

  /** What was written is sent first. */
  breakOff(): void {
    this.#leave();
    if (this.#response.writableEnded) return;
    if (!this.#response.write(this.#framing.heartbeat, () => this.#response.destroy())) this.#response.socket?.resume();
  }

  /** A client that reads nothing between two heartbeats is gone. */
  #keepAliveNow(): void {
    if (this.unsentBytes > 0 && !this.#isRead) return void this.#response.destroy();
    this.#isRead = false;
    return this.#write(this.#framing.heartbeat);
  }

  #write(text: string, onFlushed?: () => void): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    this.#response.write(text, () => {
      this.#isRead = true;
      onFlushed?.();
    });
  }

  #leave(): void {
    clearInterval(this.#keepAlive);
    endAllRunning(this);
  }
}
