/** Reads what a request asks for: a query in its URL (GET), or a JSON body (POST). */
import type { IncomingMessage } from 'node:http';
import { parseExactJson } from '../../core/json.ts';
import type { OperationRequest } from '../execution/operations.ts';
import { Refusal } from './refusal.ts';

/**
 * @param received Called for each piece of the body.
 * @throws {Refusal} for a request that is not GraphQL over HTTP; what `received` throws.
 */
export async function readParams(request: IncomingMessage, maxBytes: number, received: (bytes: number) => void): Promise<OperationRequest> {
  const { method } = request;
  if (method === 'GET') return checked(paramsOfAddress(request.url ?? ''));
  // graphql-sse requests a token in this way.
  if (method === 'PUT') throw new Refusal(405, 'SINGLE_CONNECTION_MODE', { headers: { allow: 'GET, POST' } });
  if (method !== 'POST') throw new Refusal(405, 'METHOD_NOT_ALLOWED', { message: 'Only GET and POST.', headers: { allow: 'GET, POST' } });
  requirePlainJson(request.headers);
  return checked(jsonOf(textOf(await bodyOf(request, maxBytes, received)), 'The body'));
}

/** Forms and plain text need no preflight, so any page could send them; gzip could be a decompression bomb. */
function requirePlainJson(headers: IncomingMessage['headers']): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  const isJson = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?$/i.test(headers['content-type'] ?? '');
  if (!isJson || encoding.toLowerCase() !== 'identity') throw new Refusal(415, 'UNSUPPORTED_MEDIA_TYPE');
  if (headers['x-graphql-event-stream-token'] !== undefined) throw new Refusal(400, 'SINGLE_CONNECTION_MODE');
}

function bodyOf(request: IncomingMessage, maxBytes: number, received: (bytes: number) => void): Promise<Buffer> {
  const tooLarge = (): Refusal => new Refusal(413, 'REQUEST_ENTITY_TOO_LARGE', { message: `The body has more than ${maxBytes} bytes.` });
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    function settle(settled: () => void): void {
      // A stream goes on for hours: nothing of it may keep the body in memory.
      request.off('data', take).off('end', whole).off('error', gone).off('close', gone);
      settled();
    }
    function take(chunk: Buffer): void {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) return settle(() => reject(tooLarge()));
      try {
        received(chunk.length);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        settle(() => reject(error));
      }
    }
    const whole = (): void => settle(() => resolve(Buffer.concat(chunks)));
    // Nobody reads the answer, but a caller that waits for the body must not wait for ever.
    const gone = (): void => settle(() => reject(new Refusal(400, 'BAD_REQUEST', { message: 'The body ended early.' })));
    request.on('data', take).once('end', whole).once('error', gone).once('close', gone);
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Strictly: otherwise all invalid bytes would become the same character, and two keys could become equal. */
function textOf(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new Refusal(400, 'BAD_REQUEST', { message: 'The body is not UTF-8.' });
  }
}

function paramsOfAddress(url: string): Readonly<Record<string, unknown>> {
  const [, query = ''] = /\?([^#]*)/.exec(url) ?? [];
  const params = new Map<string, string>();
  for (const pair of query.split('&')) {
    const [name = '', ...value] = pair.split('=');
    params.set(unescaped(name), unescaped(value.join('=')));
  }
  const json = (name: string): unknown => {
    const text = params.get(name) ?? '';
    return text === '' ? undefined : jsonOf(text, `The parameter ${name}`);
  };
  const operationName = params.get('operationName');
  return {
    query: params.get('query'),
    operationName: operationName === '' ? undefined : operationName,
    variables: json('variables'),
    extensions: json('extensions'),
  };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new Refusal(400, 'BAD_REQUEST', { message: 'The address is not UTF-8, percent-encoded.' });
  }
}

function jsonOf(text: string, what: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    const problem = error instanceof RangeError ? `holds ${error.message}: send them as strings` : 'is not JSON';
    throw new Refusal(400, 'BAD_REQUEST', { message: `${what} ${problem}.` });
  }
}

function checked(params: unknown): OperationRequest {
  const bad = (message: string): Refusal => new Refusal(400, 'BAD_REQUEST', { message });
  if (Array.isArray(params)) throw bad('Batching is not supported: send one operation a request.');
  if (!isRecord(params)) throw bad('The body is not a JSON object.');
  const { query, operationName, variables, extensions } = params;
  if (typeof query !== 'string') throw bad('`query` is missing, or no text.');
  if (!isAbsent(operationName) && typeof operationName !== 'string') throw bad('`operationName` is no text.');
  if (!isAbsent(extensions) && !isRecord(extensions)) throw bad('`extensions` is no object.');
  if (isAbsent(variables)) return { query, operationName };
  if (!isRecord(variables)) throw bad('`variables` is no object.');
  return { query, operationName, variables };
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
