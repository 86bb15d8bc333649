/**
 * One POST to an address that a stranger named: only to the public internet, or to a host that a setting names. A name is
 * resolved, each of its addresses is checked, and the connection is made to the checked address. No redirect is followed, and
 * it waits for neither a slow answer nor a long one.
 */
import { lookup } from 'node:dns/promises';
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { faultOfWebhookUrl, isPrivateHost, isPublicAddress } from '../../core/webhookUrl.ts';

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface PostAnswer {
  readonly status: number;
  /** As it was sent. */
  readonly retryAfter: string | undefined;
}

export interface Address {
  readonly address: string;
  readonly family: number;
}

export interface PostDeps {
  readonly privateHosts: readonly string[];
  /** Resolves a name to all of its addresses. */
  readonly resolve?: (name: string) => Promise<readonly Address[]>;
  /** For everything, from the name's resolution to the end of the answer. Default 15 s. */
  readonly timeoutMs?: number;
}

/** The rest is not read: a receiver that answers has the message. */
const maxAnswerBytes = 64 * 1024;

/** Why nothing was sent: its address is not allowed. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** The whole answer did not come in time. */
export class NoAnswerInTime extends Error {
  override readonly name = 'NoAnswerInTime';
}

/** @throws {AddressRefused}, {NoAnswerInTime}; the signal's reason once it fired; any other error that kept it from being answered. */
export async function post(
  { url: text, headers, body, signal }: Post,
  { privateHosts, resolve = resolveAll, timeoutMs = 15_000 }: PostDeps,
): Promise<PostAnswer> {
  const fault = faultOfWebhookUrl(text, privateHosts);
  if (fault !== undefined) throw new AddressRefused(`the URL ${fault}`);
  const url = new URL(text);
  const deadline = AbortSignal.timeout(timeoutMs);
  const ending = AbortSignal.any([signal, deadline]);
  try {
    const sent = {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) },
      // No connection is reused: each goes to an address that was just checked.
      agent: false,
      lookup: isPrivateHost(url, privateHosts) ? lookupWith(resolve, () => true) : lookupWith(resolve, isPublicAddress),
      maxHeaderSize: 16_384,
      signal: ending,
    } satisfies RequestOptions;
    return await answered(url, sent, body);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (deadline.aborted) throw new NoAnswerInTime(`no whole answer within ${timeoutMs / 1000} s`, { cause: error });
    throw error;
  }
}

const resolveAll = (name: string): Promise<readonly Address[]> => lookup(name, { all: true });

/** If one address of a name is not allowed, none is called. Literal addresses do not come here: they were checked with the URL. */
function lookupWith(resolve: (name: string) => Promise<readonly Address[]>, isAllowed: (address: string) => boolean): LookupFunction {
  async function allowed(name: string): Promise<readonly [Address, ...Address[]]> {
    const [first, ...others] = await resolve(name);
    if (first === undefined) throw new Error(`${name} has no address`);
    if (![first, ...others].every(({ address }) => isAllowed(address))) throw new AddressRefused(`${name} has a private address`);
    return [first, ...others];
  }

  async function answer(name: string, { all }: LookupOptions, callback: LookupCallback): Promise<void> {
    let found: readonly [Address, ...Address[]];
    try {
      found = await allowed(name);
    } catch (error) {
      return callback(error instanceof Error ? error : new Error(String(error)), '');
    }
    if (all === true) callback(null, [...found]);
    else callback(null, found[0].address, found[0].family);
  }

  return (...asked) => void answer(...asked);
}

type LookupOptions = Parameters<LookupFunction>[1];
type LookupCallback = Parameters<LookupFunction>[2];

function answered(url: URL, options: RequestOptions, body: string): Promise<PostAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PostAnswer>();
  const begin = url.protocol === 'https:' ? requestHttps : requestHttp;
  const request = begin(url, options, (answer) => {
    const done = (): void => resolve(answerOf(answer));
    let bytes = 0;
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxAnswerBytes) return;
      done();
      request.destroy();
    });
    answer.on('end', done);
    answer.on('error', reject);
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}

function answerOf({ statusCode = 0, headers }: IncomingMessage): PostAnswer {
  return { status: statusCode, retryAfter: headers['retry-after'] };
}
