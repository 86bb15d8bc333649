/** Refusals before a request becomes an operation: one JSON body for all, with a code of the catalogue and what to do. */
import type { ServerResponse } from 'node:http';
import { refusalCatalogue, type RefusalCode } from '../../core/errors.ts';

export interface RefusalDetails {
  /** A more exact message than the catalogue's. */
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly traceId?: string;
}

/** Thrown while a request is read, and answered with its own code and status. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: RefusalCode;
  readonly details: RefusalDetails;

  constructor(status: number, code: RefusalCode, details: RefusalDetails = {}) {
    super(details.message ?? refusalCatalogue[code].message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export function refusalBody(code: RefusalCode, { message = refusalCatalogue[code].message, traceId }: RefusalDetails = {}): object {
  const { whatToDo } = refusalCatalogue[code];
  return { errors: [{ message, extensions: { code, whatToDo, ...(traceId === undefined ? {} : { traceId }) } }] };
}

/** The rest of the request stays unread and would be taken for the next one, so the connection ends. */
export function refuse(response: ServerResponse, status: number, code: RefusalCode, details: RefusalDetails = {}): void {
  response.setHeader('connection', 'close');
  for (const [name, value] of Object.entries(details.headers ?? {})) response.setHeader(name, value);
  sendJson(response, status, refusalBody(code, details));
}

export function sendJson(response: ServerResponse, status: number, body: object | string, contentType = 'application/json'): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': `${contentType}; charset=utf-8`, 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, headers).end(text);
}

/** The same for a connection that has no response object any more, or none yet. */
export function rawRefusal(statusLine: string, code: RefusalCode, details: RefusalDetails = {}): string {
  const body = JSON.stringify(refusalBody(code, details));
  const head = ['Connection: close', 'Content-Type: application/json; charset=utf-8', `Content-Length: ${Buffer.byteLength(body)}`];
  return `HTTP/1.1 ${statusLine}\r\n${head.join('\r\n')}\r\n\r\n${body}`;
}
