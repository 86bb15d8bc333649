/**
 * An HTTP proxy in front of DynamoDB or SQS that sees each request by its operation. A rule takes the requests it
 * matches: answers them with an error, loses the request or its answer, sends it twice, edits the answer, or holds it
 * just before or just after it takes effect, for the test to end a process in exactly that moment.
 */
import { once } from 'node:events';
import { Agent, createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { portOf } from './portOf.ts';

export interface AwsRequest {
  /** Without the service: `UpdateItem`, `SendMessageBatch`. */
  readonly operation: string;
  readonly body: unknown;
}

export interface AwsAnswer {
  readonly status: number;
  readonly body: unknown;
}

export type Fault =
  /** Answered here; the request takes no effect. `type` is the error's name, as DynamoDB and SQS send it. */
  | { readonly kind: 'answer'; readonly status: number; readonly type: string }
  /** The connection is reset before the request takes effect. */
  | { readonly kind: 'loseRequest' }
  /** The request takes effect, and the connection is reset before its answer. */
  | { readonly kind: 'loseAnswer' }
  /** Takes effect twice, as a network may do it. */
  | { readonly kind: 'twice' }
  | { readonly kind: 'editRequest'; edit(body: unknown): unknown }
  | { readonly kind: 'editAnswer'; edit(body: unknown): unknown };

export interface Rule {
  /** Left out: any. */
  readonly operation?: string;
  when?(body: unknown): boolean;
  /** Called for each request that matches; left out: always. */
  chance?(): boolean;
  /** The rule ends after so many requests; left out: never. */
  readonly times?: number;
  readonly fault: Fault;
}

export interface HeldRequest extends AwsRequest {
  /**
   * Lets it continue. A client that is alive gives up after its own time-out, and its next try is not held. Left alone, a
   * request held `before` never takes effect, and one held `after` is never answered.
   */
  release(): void;
}

export interface AwsProxy extends AsyncDisposable {
  readonly url: string;
  /** Each request that the target has answered, in the order of the answers. */
  observe(listener: (request: AwsRequest, answer: AwsAnswer) => void): void;
  rule(rule: Rule): { readonly count: () => number; stop(): void };
  /** Holds the next request that matches; resolves when it is here and, with `after`, has taken effect. */
  hold(point: 'before' | 'after', operation: string, when?: (body: unknown) => boolean): Promise<HeldRequest>;
}

interface Holder {
  readonly point: 'before' | 'after';
  matches(request: AwsRequest): boolean;
  take(held: HeldRequest): void;
}

interface Answer extends AwsAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export async function openAwsProxy(target: string): Promise<AwsProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const rules = new Map<Rule, { count: number }>();
  const holders = new Set<Holder>();
  const listeners = new Set<(request: AwsRequest, answer: AwsAnswer) => void>();

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const text = await textOf(incoming);
    const asked: AwsRequest = { operation: operationOf(incoming), body: jsonOf(text) };
    await held('before', asked);
    const fault = faultFor(asked);
    if (incoming.socket.destroyed || fault?.kind === 'loseRequest') return void incoming.socket.resetAndDestroy();
    if (fault?.kind === 'answer') {
      const { status, type } = fault;
      outgoing.writeHead(status, { 'content-type': incoming.headers['content-type'] ?? 'application/json', 'x-amzn-errortype': type });
      outgoing.end(JSON.stringify({ __type: type, message: `${type}, as the test wants it` }));
      return;
    }
    const body = fault?.kind === 'editRequest' ? JSON.stringify(fault.edit(asked.body)) : text;
    const answer = await forward(incoming, body);
    if (fault?.kind === 'twice') await forward(incoming, body);
    for (const listener of listeners) listener(asked, { status: answer.status, body: answer.body });
    await held('after', asked);
    if (fault?.kind === 'loseAnswer') return void incoming.socket.resetAndDestroy();
    const said = fault?.kind === 'editAnswer' ? JSON.stringify(fault.edit(answer.body)) : answer.text;
    outgoing.writeHead(answer.status, answerHeaders(answer.headers));
    outgoing.end(said);
  }

  function faultFor(asked: AwsRequest): Fault | undefined {
    for (const [rule, hits] of rules) {
      if (rule.operation !== undefined && rule.operation !== asked.operation) continue;
      if (hits.count >= (rule.times ?? Infinity) || rule.when?.(asked.body) === false || rule.chance?.() === false) continue;
      hits.count += 1;
      return rule.fault;
    }
    return undefined;
  }

  function held(point: 'before' | 'after', asked: AwsRequest): Promise<void> | undefined {
    const holder = [...holders].find((one) => one.point === point && one.matches(asked));
    if (holder === undefined) return undefined;
    holders.delete(holder);
    return new Promise((release) => holder.take({ ...asked, release }));
  }

  function forward(incoming: IncomingMessage, body: string): Promise<Answer> {
    const headers = { ...incoming.headers, 'content-length': String(Buffer.byteLength(body)) };
    return new Promise((resolve, reject) => {
      const outgoing = request(target, { agent, method: incoming.method, path: incoming.url, headers }, (response) => {
        textOf(response).then(
          (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: jsonOf(text) }),
          reject,
        );
      });
      outgoing.on('error', reject);
      outgoing.end(body);
      // The long poll of a client that has gone is ended, or a message would be delivered to nobody. A write is not undone.
      const giveUp = (): void => void outgoing.destroy();
      if (operationOf(incoming) === 'ReceiveMessage') incoming.socket.once('close', giveUp);
      outgoing.once('close', () => incoming.socket.off('close', giveUp));
    });
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => incoming.socket.resetAndDestroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    observe: (listener) => void listeners.add(listener),
    rule(rule) {
      const hits = { count: 0 };
      rules.set(rule, hits);
      return { count: () => hits.count, stop: () => void rules.delete(rule) };
    },
    hold(point, operation, when = () => true) {
      return new Promise((take) => {
        holders.add({ point, matches: (asked) => asked.operation === operation && when(asked.body), take });
      });
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

async function textOf(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function operationOf({ headers }: IncomingMessage): string {
  const target = z.string().catch('').parse(headers['x-amz-target']);
  return target.slice(target.indexOf('.') + 1);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Length and checksum are those of the answer before it was edited. */
function answerHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { 'content-length': _length, 'x-amz-crc32': _checksum, 'transfer-encoding': _encoding, connection: _connection, ...rest } = headers;
  return rest;
}
