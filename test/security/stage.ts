/** A server in production with tokens, and an attacker's ways to it: the same operation over HTTP, SSE and WebSocket. */
import { SignJWT } from 'jose';
import { expect } from 'vitest';
import { z } from 'zod';
import { errorCatalogue, refusalCatalogue } from '../../core/errors.ts';
import { at, openApiSystem, type ApiSystem, type ApiSystemOptions } from '../e2e/apiSystem.ts';
import { openSocket } from '../e2e/testSocket.ts';

export const secret = 'the secret of the tests, long enough';

export interface Claims {
  readonly scope?: string;
  readonly expiresInSeconds?: number;
}

/** Headers, or connectionParams, that identify the caller. */
export async function as(owner: string, { scope, expiresInSeconds = 600 }: Claims = {}): Promise<{ readonly authorization: string }> {
  const token = new SignJWT({
    sub: owner,
    exp: Math.floor(Date.now() / 1000) + expiresInSeconds,
    ...(scope === undefined ? {} : { scope }),
  });
  return { authorization: `Bearer ${await token.setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))}` };
}

export function openGuarded({ environment = {}, ...options }: ApiSystemOptions = {}): Promise<ApiSystem> {
  return openApiSystem({ ...options, environment: { NODE_ENV: 'production', JWT_SECRET: secret, ...environment } });
}

export interface Operation {
  readonly query: string;
  readonly variables?: object;
  readonly operationName?: string;
}

export interface Seen {
  /** Everything that came back, as it was sent. */
  readonly text: string;
  readonly codes: readonly unknown[];
  readonly data: unknown;
}

/** The addresses to attack. */
type Served = Pick<ApiSystem, 'url'>;

type Transport = (api: Served, operation: Operation, caller: { readonly authorization: string }) => Promise<Seen>;

export const transports: Readonly<Record<'HTTP' | 'SSE' | 'WebSocket', Transport>> = {
  HTTP: async (api, operation, caller) => seenIn(await beginningOf(await post(api, operation, caller))),
  SSE: async (api, operation, caller) => seenIn(await beginningOf(await post(api, operation, { ...caller, accept: 'text/event-stream' }))),
  async WebSocket(api, operation, caller) {
    const socket = await openSocket(api.url, caller);
    socket.send({ id: '1', type: 'subscribe', payload: operation });
    const [message] = await socket.messages(1);
    socket.end();
    const payload = at(message, 'payload');
    return seenIn(JSON.stringify(Array.isArray(payload) ? { errors: payload } : (payload ?? {})));
  },
};

export const transportNames = z.array(z.enum(['HTTP', 'SSE', 'WebSocket'])).parse(Object.keys(transports));

export function post(api: Served, body: object | string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** The whole of an answer; of a stream, all until its first event. */
async function beginningOf(response: Response): Promise<string> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) return response.text();
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (/\ndata: [^\n]*\n\n/.test(text)) break;
  }
  return text;
}

const answer = z.looseObject({ data: z.unknown().optional(), errors: z.array(z.unknown()).default([]) });

/** In every answer, and every first event of a stream, the codes are documented and nothing internal is revealed. */
export function seenIn(text: string): Seen {
  expect(text).not.toMatch(/node_modules|\n\s+at |at .*:\d+:\d+/);
  const isStream = /^(:|event:)/.test(text);
  const { data, errors } = answer.parse(JSON.parse(isStream ? (/^data: (\{[^\n]*)$/m.exec(text)?.[1] ?? '{}') : text));
  const codes = errors.map((error) => at(error, 'extensions', 'code'));
  for (const code of codes) expect([...Object.keys(errorCatalogue), ...Object.keys(refusalCatalogue)]).toContain(code);
  return { text, codes, data };
}

/** The server answers somebody else as if nothing had happened. */
export async function expectServing(api: ApiSystem): Promise<void> {
  const { body } = await api.request('{ jobs(first: 1) { pageInfo { hasNextPage } } jobTypes { name } }', {}, await as('bystander'));
  expect(at(body, 'data', 'jobTypes')).toHaveLength(4);
}

export function list<Value>(length: number, value: Value): Value[] {
  return Array.from({ length }, () => value);
}

export function times(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join(' ');
}
